"""A step that fails: tried again when that may help, else the end, with the reason."""

from __future__ import annotations

import json

import pytest

from tests.engine.driver import Engine
from tests.engine.waiting import eventually
from tests.stack import Stack

pytestmark = pytest.mark.services


def test_a_step_that_fails_for_now_is_tried_again(engine: Engine) -> None:
    task_id = engine.submit("test-flaky", failures=2)
    assert engine.wait_for(task_id, "SUCCESS")["percent"] == 100
    step = engine.step(task_id, "flaky")
    assert (step["attempts"], step["error_message"]) == (3, "")
    assert engine.step(task_id, "fine")["attempts"] == 1


def test_each_retry_says_which_attempt_failed_why_and_when_the_next_one_begins(
    engine: Engine,
) -> None:
    task_id = engine.submit("test-flaky", failures=2)
    engine.wait_for(task_id, "SUCCESS")
    retries = engine.step_events(task_id, "flaky", "RETRYING")
    assert [(event["data"]["attempt"], event["data"]["reason"]) for event in retries] == [
        (1, "Attempt 1 did not work."),
        (2, "Attempt 2 did not work."),
    ]
    assert all(0 <= event["data"]["delay"] <= 0.2 for event in retries)
    assert retries[0]["message"].startswith("Attempt 1 of 3 failed: Attempt 1 did not work. ")


def test_after_its_last_attempt_the_task_fails(engine: Engine) -> None:
    task_id = engine.submit("test-flaky", failures=3)
    task = engine.wait_for(task_id, "FAILED")
    assert (task["error_code"], task["error_message"]) == (
        "temporarily_failed",
        "Attempt 3 did not work.",
    )
    assert engine.step(task_id, "flaky")["attempts"] == 3
    assert engine.step(task_id, "last")["state"] == "PENDING"


def test_a_worker_that_dies_costs_the_step_none_of_its_attempts(engine: Engine) -> None:
    task_id = engine.submit("test-unlucky", deaths=2, failures=2)
    task = engine.wait_for(task_id, "SUCCESS", seconds=40)
    assert task["result"] == {"attempt": 5}
    retries = engine.step_events(task_id, "unlucky", "RETRYING")
    assert [event["message"][:19] for event in retries] == [
        "Attempt 1 of 3 fail",
        "Attempt 2 of 3 fail",
    ]


def test_what_can_never_work_is_tried_once(engine: Engine) -> None:
    task_id = engine.submit("test-hopeless")
    task = engine.wait_for(task_id, "FAILED")
    assert (task["error_code"], task["percent"]) == ("hopeless", 40)
    assert task["error_message"] == "This can never work. Do something else."
    assert engine.step(task_id, "fail")["attempts"] == 1


def test_a_bug_shows_the_user_no_stack_trace_but_the_operator(engine: Engine, stack: Stack) -> None:
    task_id = engine.submit("test-bug")
    task = engine.wait_for(task_id, "FAILED")
    assert task["error_code"] == "unexpected_error"
    assert task["error_message"].startswith("The step bug met an unexpected KeyError.")
    shown = json.dumps([task, engine.events(task_id)])
    assert "Traceback" not in shown
    assert "declared.py" not in shown
    assert "a bug" not in shown
    eventually(lambda: f"bug of {task_id} failed" in stack.output())
    eventually(lambda: "KeyError: 'a bug'" in stack.output())


def test_a_failed_task_that_is_retried_repeats_only_what_failed(engine: Engine) -> None:
    task_id = engine.submit("test-hopeless")
    engine.wait_for(task_id, "FAILED")
    engine.retry(task_id)
    eventually(lambda: len(engine.step_events(task_id, "fail", "FAILED")) == 2)
    assert len(engine.step_events(task_id, "fine", "RUNNING")) == 1
    assert engine.task(task_id)["run"] == 2
