"""Retrying a task is a new run of it, from where it failed or from the start."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tasks import lifecycle
from tasks.errors import IllegalTransition, Superseded, TaskNotFound
from tasks.models import TaskState
from tasks.states import EventType, State, StepState
from tests.tasks.broker import Broker, Message
from tests.tasks.engine import (
    STEPS,
    claimed,
    everything,
    finished,
    last_event,
    reloaded,
    seconds_from_now,
    step_of,
    submitted,
)

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def failed(owner: User) -> TaskState:
    """A task that failed in its third step, which had got half way."""
    task = finished(submitted(owner), "s1", "s2")
    claim = claimed(task, "s3")
    lifecycle.report(claim, 5, 10, "half way")
    lifecycle.fail(claim, "reason", "It failed.")
    return reloaded(task)


def retry(task: TaskState, start_over: bool = False) -> TaskState:
    lifecycle.retry(task.pk, by="somebody", start_over=start_over)
    return reloaded(task)


def test_it_waits_again_as_a_new_run_without_an_error(failed: TaskState) -> None:
    task = retry(failed)
    assert (task.state, task.run) == (State.QUEUED, 2)
    assert task.error_code == task.error_message == task.current_step == ""
    assert task.started_at is task.finished_at is task.cancel_requested_at is None
    assert 0 < seconds_from_now(task.next_dispatch_at) <= 10
    event = last_event(task)
    assert (event.type, event.state) == (EventType.STATE, State.QUEUED)
    assert event.message == "somebody retried this task from s3 (run 2)."


def test_it_goes_on_at_the_step_that_failed_with_what_was_finished(failed: TaskState) -> None:
    task = retry(failed)
    assert task.percent == 40
    assert step_of(task, "s2").output == {"from": "s2"}
    step = step_of(task, "s3")
    assert (step.state, step.attempts, step.done, step.total) == (StepState.PENDING, 0, 0, 0)
    assert (step.error_message, step.output, step.started_at) == ("", None, None)
    assert claimed(task, "s3").outputs == {"s1": {"from": "s1"}, "s2": {"from": "s2"}}


def test_from_the_start_it_repeats_everything(failed: TaskState) -> None:
    task = retry(failed, start_over=True)
    assert (task.percent, task.run) == (0, 2)
    assert {step.state for step in task.steps.all()} == {StepState.PENDING}
    assert {step.output for step in task.steps.all()} == {None}
    assert claimed(task, "s1").outputs == {}


def test_it_may_succeed_this_time(failed: TaskState) -> None:
    task = finished(retry(failed), *STEPS[2:])
    assert (task.state, task.percent, task.run) == (State.SUCCESS, 100, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("start_over", "first"), [(False, 2), (True, 0)])
def test_only_the_steps_that_are_left_are_sent(
    failed: TaskState, broker: Broker, start_over: bool, first: int
) -> None:
    retry(failed, start_over)
    names = [f"test-seven.{name}" for name in STEPS[first:]]
    assert broker.messages() == [Message("normal", str(failed.pk), 2, names)]


@pytest.mark.django_db(transaction=True)
def test_they_are_sent_once_the_retry_is_committed(failed: TaskState, broker: Broker) -> None:
    with transaction.atomic():
        retry(failed)
        assert broker.messages() == []
    assert len(broker.messages()) == 1


def test_messages_of_the_old_run_do_nothing(failed: TaskState) -> None:
    retry(failed)
    before = everything()
    for step in STEPS:
        with pytest.raises(Superseded):
            lifecycle.claim(failed.pk, 1, step, "")
    assert everything() == before


def test_a_cancelled_task_can_be_retried(owner: User) -> None:
    task = submitted(owner)
    lifecycle.cancel(task.pk, by="somebody")
    assert retry(task).state == State.QUEUED
    assert not reloaded(task).cancel_requested
    assert finished(task, *STEPS).state == State.SUCCESS


def test_each_retry_is_another_run(failed: TaskState) -> None:
    retry(failed)
    lifecycle.cancel(failed.pk, by="somebody")
    assert retry(failed).run == 3


@pytest.mark.parametrize("steps", [[], STEPS[:3], STEPS], ids=["queued", "running", "success"])
def test_any_other_task_cannot_be_retried(owner: User, steps: list[str]) -> None:
    task = finished(submitted(owner), *steps)
    before = everything()
    with pytest.raises(IllegalTransition, match=f"The task is {task.state}; only a failed"):
        retry(task)
    assert everything() == before


def test_a_task_that_does_not_exist_cannot_be_retried(db: None) -> None:
    with pytest.raises(TaskNotFound):
        lifecycle.retry(uuid4(), by="somebody")
