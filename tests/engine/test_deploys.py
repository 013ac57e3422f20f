"""A worker that is told to end, as in a deploy: its step goes on with the next one, at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.engine.driver import Engine
from tests.engine.gate import Gate
from tests.engine.outages import Breakable

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def client(breakable: Breakable) -> Iterator[httpx.Client]:
    with breakable.stack.client() as client:
        yield client


def test_a_step_that_outlasts_the_soft_shutdown_is_handed_back_and_that_is_no_death(
    engine: Engine, breakable: Breakable, gate: Gate
) -> None:
    task_id = engine.submit("test-file", **gate.params)
    gate.wait_for_arrival(1)
    leaving = breakable.stack.pid("worker")
    os.kill(leaving, signal.SIGQUIT)
    breakable.stack.wait_for_restart("worker", of=leaving, seconds=60)
    gate.wait_for_arrival(2)
    gate.open()
    assert engine.wait_for(task_id, "SUCCESS", seconds=60)["result"] == {"attempt": 1}
    handed = [event["message"] for event in engine.events(task_id) if event["type"] == "log"]
    assert handed == ["The worker was told to stop in the middle of wait; another one goes on."]


def test_a_step_that_ends_within_the_soft_shutdown_is_done_once(
    engine: Engine, breakable: Breakable, gate: Gate
) -> None:
    task_id = engine.submit("test-file", **gate.params)
    gate.wait_for_arrival(1)
    gate.open()
    leaving = breakable.stack.pid("worker")
    os.kill(leaving, signal.SIGQUIT)
    engine.wait_for(task_id, "SUCCESS", seconds=60)
    assert len(gate.arrivals()) == 1
    breakable.stack.wait_for_restart("worker", of=leaving, seconds=60)
