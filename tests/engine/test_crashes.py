"""A worker that dies in the middle of a step loses nothing and does nothing twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.engine.driver import Engine
from tests.engine.gate import Gate
from tests.stack import Stack

pytestmark = pytest.mark.services


def kill_pool_process(stack: Stack, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_worker(stack: Stack, pid: int) -> None:
    stack.kill("worker")


@pytest.mark.parametrize("kill", [kill_pool_process, kill_worker])
def test_the_task_finishes_and_each_step_is_done_once(
    engine: Engine, stack: Stack, gate: Gate, kill: Callable[[Stack, int], None]
) -> None:
    task_id = engine.submit("test-file", **gate.params)
    kill(stack, gate.wait_for_arrival(1))
    gate.wait_for_arrival(2)
    gate.open()
    task = engine.wait_for(task_id, "SUCCESS")
    assert task["result"] == {"attempt": 2}
    assert len(gate.arrivals()) == 2
    assert len(engine.step_events(task_id, "fine", "RUNNING")) == 1
    assert len(engine.step_events(task_id, "wait", "SUCCESS")) == 1
    warnings = [e for e in engine.events(task_id) if e["data"].get("level") == "warning"]
    assert [event["message"] for event in warnings] == [
        "The worker stopped in the middle of wait; another one goes on."
    ]


def test_a_step_that_kills_its_worker_once_succeeds_the_next_time(engine: Engine) -> None:
    task = engine.wait_for(engine.submit("test-deadly", deaths=1), "SUCCESS")
    assert task["result"] == {"attempt": 2}


def test_a_step_that_always_kills_its_worker_fails_after_three_times(engine: Engine) -> None:
    task_id = engine.submit("test-deadly", deaths=99)
    task = engine.wait_for(task_id, "FAILED", seconds=40)
    assert task["error_code"] == "worker_lost"
    assert task["error_message"].startswith("The step die ended its worker 3 times.")
    assert engine.step(task_id, "die")["attempts"] == 3
    assert task["percent"] == 50


def test_a_worker_that_is_asked_to_leave_hands_its_step_on(
    engine: Engine, stack: Stack, gate: Gate
) -> None:
    task_id = engine.submit("test-file", **gate.params)
    gate.wait_for_arrival(1)
    leaving = stack.pid("worker")
    os.kill(leaving, signal.SIGTERM)
    gate.open()
    engine.wait_for(task_id, "SUCCESS")
    assert len(gate.arrivals()) == 1
    stack.wait_for_restart("worker", of=leaving)


def test_a_pool_process_that_is_told_to_stop_hands_its_step_back_and_that_is_no_death(
    engine: Engine, gate: Gate
) -> None:
    task_id = engine.submit("test-file", **gate.params)
    for number in range(1, 5):
        os.kill(gate.wait_for_arrival(number), signal.SIGTERM)
    gate.open()
    task = engine.wait_for(task_id, "SUCCESS", seconds=40)
    assert task["result"] == {"attempt": 1}
