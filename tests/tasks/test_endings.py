"""How steps and tasks end: done, failed, or put off."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from tasks import lifecycle
from tasks.models import TaskState
from tasks.states import EventType, State, StepState
from tests.tasks.engine import (
    STEPS,
    claimed,
    everything,
    finished,
    history,
    last_event,
    reloaded,
    seconds_from_now,
    step_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_a_finished_step_keeps_its_output_and_hands_the_task_on(task: TaskState) -> None:
    task = finished(task, "s1")
    step = step_of(task, "s1")
    assert (step.state, step.output) == (StepState.SUCCESS, {"from": "s1"})
    assert step.done == step.total == 1
    assert step.finished_at is not None
    assert (task.state, task.percent, task.lease_holder) == (State.RUNNING, 5, "")
    assert task.lease_expires_at is None
    assert 0 < seconds_from_now(task.next_dispatch_at) <= 10


def test_it_counts_its_units_as_done(task: TaskState) -> None:
    claim = claimed(task)
    lifecycle.report(claim, 3, 10, "")
    lifecycle.succeed(claim, None)
    assert (step_of(task, "s1").done, step_of(task, "s1").total) == (10, 10)


def test_the_last_step_ends_the_task(task: TaskState) -> None:
    finished(task, *STEPS[:-1])
    agent_id = uuid4()
    lifecycle.succeed(claimed(task, "s7"), {"agent_id": str(agent_id), "pages": 3})
    task = reloaded(task)
    assert (task.state, task.percent, task.details) == (State.SUCCESS, 100, "Finished.")
    assert task.agent_id == agent_id
    assert task.result == {"agent_id": str(agent_id), "pages": 3}
    assert task.lease_holder == ""
    assert task.next_dispatch_at is None
    assert task.finished_at is not None
    assert (last_event(task).type, last_event(task).state) == (EventType.STATE, State.SUCCESS)


def test_the_agent_is_named_at_the_end_and_not_before(task: TaskState) -> None:
    for name in STEPS[:-1]:
        lifecycle.succeed(claimed(task, name), {"agent_id": str(uuid4())})
        assert reloaded(task).agent_id is None


def test_a_failure_ends_step_and_task_with_its_reason(task: TaskState) -> None:
    finished(task, "s1")
    lifecycle.fail(claimed(task, "s2"), "no_pages", "No page was found. Check the URL.")
    task = reloaded(task)
    assert (task.state, task.percent) == (State.FAILED, 5)
    assert (task.error_code, task.error_message) == (
        "no_pages",
        "No page was found. Check the URL.",
    )
    assert (task.lease_holder, task.next_dispatch_at) == ("", None)
    step = step_of(task, "s2")
    assert (step.state, step.error_message) == (StepState.FAILED, task.error_message)
    of_step, of_task = history(task)[-2:]
    assert (of_step.type, of_step.step, of_step.message) == (
        EventType.STEP,
        "s2",
        task.error_message,
    )
    assert (of_task.type, of_task.state) == (EventType.STATE, State.FAILED)
    assert of_task.data == {"error_code": "no_pages"}


def test_a_step_that_is_put_off_says_why_and_for_how_long(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "The site is busy.", timedelta(seconds=2.5), attempts=3)
    step, task = step_of(task, "s1"), reloaded(task)
    assert (step.state, step.error_message) == (StepState.RETRYING, "The site is busy.")
    assert 0 < seconds_from_now(step.retry_at) <= 2.5
    assert (task.state, task.lease_holder) == (State.RUNNING, "")
    assert seconds_from_now(task.next_dispatch_at) > seconds_from_now(step.retry_at) + 1
    event = last_event(task)
    assert event.message == (
        "Attempt 1 of 3 failed: The site is busy. The next one begins in 2.5 s."
    )
    assert (event.data["attempt"], event.data["delay"]) == (1, 2.5)
    assert event.data["reason"] == "The site is busy."


def test_a_step_that_works_at_last_has_no_error(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "Busy.", timedelta(0), attempts=3)
    finished(task, "s1")
    assert step_of(task, "s1").error_message == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": State.SUCCESS, "percent": 99.99},
        {"state": State.RUNNING, "percent": 100},
        {"state": State.FAILED, "percent": 100},
    ],
)
def test_the_database_itself_holds_100_percent_to_success(
    task: TaskState, wrong: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskState.objects.filter(pk=task.pk).update(**wrong)


def test_a_step_that_is_handed_back_is_due_at_once_and_was_no_attempt(task: TaskState) -> None:
    lifecycle.hand_back(claimed(task))
    step = step_of(task, "s1")
    assert (step.state, step.attempts, step.deaths) == (StepState.PENDING, 0, 0)
    task = reloaded(task)
    assert (task.state, task.lease_holder) == (State.RUNNING, "")
    assert seconds_from_now(task.next_dispatch_at) <= 0
    assert claimed(task).attempt == 1


def test_handing_back_a_step_of_a_task_that_shall_be_cancelled_ends_it(task: TaskState) -> None:
    claim = claimed(task)
    lifecycle.cancel(task.pk, by="somebody")
    lifecycle.hand_back(claim)
    assert reloaded(task).state == State.CANCELLED


def test_no_secret_of_an_error_or_a_log_line_is_stored(task: TaskState) -> None:
    claim = claimed(task)
    lifecycle.log(
        claim, "with token=hunter2", "info", {"api_key": "hunter2", "url": "see token=hunter2"}
    )
    lifecycle.fail(claim, "refused", "The server refused password: hunter2")
    stored = str(everything())
    assert "token=***" in stored
    assert "password: ***" in stored
    assert "hunter2" not in stored
