"""A step that blocks is interrupted where it stands; what cannot be ends with its process."""

from __future__ import annotations

import os
import subprocess
from uuid import uuid4

import pytest

from tests.engine.driver import Engine
from tests.engine.waiting import eventually

pytestmark = pytest.mark.services

SOON = 2.0
"""Seconds, on a busy machine; `benchmarks.cancel` measures how soon."""
AT_LAST = 6.0
"""The same, where the process has to be ended."""


def blocked(engine: Engine, workflow: str, **params: str) -> str:
    """A task whose only step has come to where it blocks."""
    task_id = engine.submit(workflow, **params)
    engine.wait_for_message(task_id, "ready")
    return task_id


def processes_named(mark: str) -> list[str]:
    """The processes whose command line holds `mark`."""
    found = subprocess.run(["pgrep", "-f", "--", mark], capture_output=True, text=True, check=False)
    return found.stdout.split()


def worker_of(engine: Engine, task_id: str) -> int:
    """The process that executes the step."""
    (event,) = [event for event in engine.events(task_id) if event["message"] == "ready"]
    pid: int = event["data"]["pid"]
    return pid


@pytest.mark.parametrize(
    "workflow",
    [
        "test-in_a_sleep",
        "test-on_a_silent_socket",
        "test-in_a_loop",
        "test-in_a_subprocess_block",
        "test-swallowing",
        "test-with_a_blocked_loop",
    ],
)
def test_it_stops_though_it_calls_no_checkpoint(engine: Engine, workflow: str) -> None:
    task_id = blocked(engine, workflow)
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < SOON
    assert engine.step(task_id, "block")["state"] == "CANCELLED"
    engine.wait_for(engine.submit("test-seven"), "SUCCESS")


def test_its_process_goes_on_with_the_next_step(engine: Engine) -> None:
    task_id = blocked(engine, "test-in_a_loop")
    pid = worker_of(engine, task_id)
    engine.cancel(task_id)
    engine.wait_for(task_id, "CANCELLED")
    os.kill(pid, 0)


def test_nothing_is_left_of_the_processes_that_it_has_started(engine: Engine) -> None:
    mark = uuid4().hex
    task_id = blocked(engine, "test-on_a_silent_subprocess", mark=mark)
    eventually(lambda: processes_named(mark))
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < SOON
    eventually(lambda: not processes_named(mark))


def test_it_may_clean_up_before_it_ends(engine: Engine) -> None:
    task_id = blocked(engine, "test-cleaning_up")
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < SOON
    assert "cleaned up" in [event["message"] for event in engine.events(task_id)]


def test_a_transaction_is_not_torn(engine: Engine) -> None:
    """It is cancelled in its middle on a database with row locks, else just before it."""
    task_id = blocked(engine, "test-in_a_transaction")
    engine.cancel(task_id)
    engine.wait_for(task_id, "CANCELLED")
    messages = [event["message"] for event in engine.events(task_id)]
    assert messages[-1] == "Cancelled."
    engine.wait_for(engine.submit("test-seven"), "SUCCESS")


def test_a_coroutine_that_swallows_its_cancellation_is_cancelled_again(engine: Engine) -> None:
    task_id = blocked(engine, "test-swallowing_its_cancellation")
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < SOON + 1


@pytest.mark.parametrize("workflow", ["test-in_c_code", "test-deaf"])
def test_what_does_not_come_back_ends_with_its_process(engine: Engine, workflow: str) -> None:
    mark = uuid4().hex
    task_id = blocked(engine, workflow, mark=mark)
    pid = worker_of(engine, task_id)
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < AT_LAST
    eventually(lambda: not processes_named(mark))
    with pytest.raises(ProcessLookupError):
        eventually(lambda: os.kill(pid, 0))
    assert engine.task(task_id)["error_message"] == ""
    assert "worker stopped" not in str(engine.events(task_id))
    for follower in [engine.submit("test-seven") for _ in range(3)]:
        engine.wait_for(follower, "SUCCESS")
    assert engine.task(task_id)["state"] == "CANCELLED"


def test_so_does_an_asynchronous_step_whose_thread_does_not_come_back(engine: Engine) -> None:
    task_id = blocked(engine, "test-in_its_thread")
    engine.cancel(task_id)
    assert engine.seconds_from_cancel_to_end(task_id) < AT_LAST
    engine.wait_for(engine.submit("test-seven"), "SUCCESS")
