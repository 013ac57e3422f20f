"""A cancel that races with whatever else happens to the task ends in exactly one legal state."""

from __future__ import annotations

import random
import threading
import time

import pytest

from tasks.states import FINISHED
from tests.engine.driver import Engine

pytestmark = pytest.mark.services

SEED = 20_261_122
ROUNDS = 12


def cancelled_after(engine: Engine, task_id: str, seconds: float) -> threading.Thread:
    """Cancel the task then, unless it has ended by itself."""

    def cancel() -> None:
        time.sleep(seconds)
        engine.cancel_if_possible(task_id)

    thread = threading.Thread(target=cancel)
    thread.start()
    return thread


@pytest.mark.parametrize("failing", [False, True], ids=["with success", "with retries"])
def test_there_is_one_end(engine: Engine, failing: bool) -> None:
    """Two steps of a random length, cancelled at a random moment about when the last one ends."""
    chance = random.Random(SEED + failing)
    ends = set()
    for _ in range(ROUNDS):
        seconds = chance.uniform(0, 0.25)
        task_id = engine.submit("test-ending", seconds=seconds, failing=failing)
        canceller = cancelled_after(engine, task_id, chance.uniform(0, 3 * seconds + 0.3))
        engine.wait_for_end(task_id)
        canceller.join()
        ends.add(one_end(engine, task_id))
    assert ends <= {"SUCCESS", "CANCELLED", "FAILED"}


def one_end(engine: Engine, task_id: str) -> str:
    """The state in which the task has ended, once, and everything about it agrees with that."""
    task, events = engine.task(task_id), engine.events(task_id)
    finals = [e for e in events if e["type"] == "state" and e["state"] in FINISHED]
    assert finals == [events[-1]]
    assert finals[0]["state"] == task["state"]
    assert (task["percent"] == 100) == (task["state"] == "SUCCESS")
    assert not {"RUNNING", "RETRYING"} & {step["state"] for step in task["steps"]}
    assert all(earlier["percent"] <= events[-1]["percent"] for earlier in events)
    return str(task["state"])
