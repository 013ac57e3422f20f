"""Cancel means cancel: what runs stops within about a second, what waits at once."""

from __future__ import annotations

import pytest

from tests.engine.driver import Engine

pytestmark = pytest.mark.services

ABOUT_A_SECOND = 1.5


@pytest.mark.parametrize(
    ("workflow", "step", "message"),
    [("test-wait", "wait", "waiting"), ("test-work", "work", "working")],
    ids=["while it waits", "while it computes"],
)
def test_a_running_step_stops(engine: Engine, workflow: str, step: str, message: str) -> None:
    task_id = engine.submit(workflow)
    engine.wait_for_message(task_id, message)
    answer = engine.cancel(task_id)
    assert (answer["state"], answer["cancel_requested"]) == ("RUNNING", True)
    assert engine.seconds_from_cancel_to_end(task_id) < ABOUT_A_SECOND
    assert engine.step(task_id, step)["state"] == "CANCELLED"


def test_the_worker_is_free_again(engine: Engine) -> None:
    waiting = [engine.submit("test-wait") for _ in range(2)]
    for task_id in waiting:
        engine.wait_for_message(task_id, "waiting")
        engine.cancel(task_id)
    engine.wait_for(engine.submit("test-seven"), "SUCCESS")


def test_a_step_that_waits_for_its_next_attempt_ends_at_once(engine: Engine) -> None:
    task_id = engine.submit("test-slow-retry", failures=1)
    engine.wait_for_step(task_id, "flaky", "RETRYING")
    assert engine.cancel(task_id)["state"] == "CANCELLED"
    assert engine.step(task_id, "flaky")["state"] == "CANCELLED"


def test_a_task_in_the_queue_ends_at_once_and_is_never_begun(engine: Engine) -> None:
    busy = [engine.submit("test-wait") for _ in range(2)]
    for task_id in busy:
        engine.wait_for_message(task_id, "waiting")
    queued, behind_it = engine.submit("test-seven"), engine.submit("test-seven")
    assert engine.cancel(queued)["state"] == "CANCELLED"
    for task_id in busy:
        engine.cancel(task_id)
    engine.wait_for(behind_it, "SUCCESS")
    assert engine.task(queued)["started_at"] is None


def test_a_cancelled_task_can_be_retried(engine: Engine) -> None:
    task_id = engine.submit("test-wait")
    engine.wait_for_message(task_id, "waiting")
    engine.cancel(task_id)
    engine.wait_for(task_id, "CANCELLED")
    engine.retry(task_id)
    engine.wait_for_step(task_id, "wait", "RUNNING")
    assert len(engine.step_events(task_id, "fine", "RUNNING")) == 1
