"""Cancelling: at once where nobody works on the task, else as a request that no worker misses."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tasks import lifecycle
from tasks.errors import IllegalTransition, Superseded, TaskNotFound
from tasks.lifecycle import LeaseCheck
from tasks.models import TaskState
from tasks.states import EventType, State, StepState
from tests.tasks.engine import (
    STEPS,
    claimed,
    everything,
    finished,
    history,
    last_event,
    let_lease_expire,
    reloaded,
    step_of,
)
from tests.tasks.workers import ELSEWHERE, OtherWorker, hand_lease_to

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def cancel(task: TaskState) -> TaskState:
    return lifecycle.cancel(task.pk, by="somebody")


def test_a_queued_task_ends_at_once(task: TaskState) -> None:
    assert cancel(task).state == State.CANCELLED
    task = reloaded(task)
    assert (task.state, task.next_dispatch_at) == (State.CANCELLED, None)
    assert task.finished_at is not None
    asked, ended = history(task)[1:]
    assert asked.message == "somebody asked for this task to be cancelled."
    assert (ended.type, ended.state) == (EventType.STATE, State.CANCELLED)


def test_a_task_between_two_steps_ends_at_once(task: TaskState) -> None:
    finished(task, "s1")
    assert cancel(task).state == State.CANCELLED
    assert step_of(task, "s1").state == StepState.SUCCESS


def test_a_task_that_waits_for_its_backoff_ends_at_once(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "Busy.", timedelta(hours=1), attempts=3)
    assert cancel(task).state == State.CANCELLED
    assert step_of(task, "s1").state == StepState.CANCELLED


def test_a_task_whose_worker_is_dead_ends_at_once(
    task: TaskState, other_worker: OtherWorker
) -> None:
    claimed(task)
    hand_lease_to(other_worker.holder, task)
    other_worker.kill()
    assert cancel(task).state == State.CANCELLED


def test_so_does_one_whose_worker_elsewhere_has_let_its_lease_expire(task: TaskState) -> None:
    claimed(task)
    hand_lease_to(ELSEWHERE, task)
    let_lease_expire(task)
    assert cancel(task).state == State.CANCELLED
    assert step_of(task, "s1").state == StepState.CANCELLED


def test_a_running_step_is_asked_to_stop(task: TaskState) -> None:
    claim = claimed(task)
    assert cancel(task).state == State.RUNNING
    assert reloaded(task).cancel_requested
    assert last_event(task).data["level"] == "warning"
    assert lifecycle.still_held(claim) == LeaseCheck.CANCEL
    lifecycle.cancelled(claim)
    assert reloaded(task).state == State.CANCELLED
    assert step_of(task, "s1").state == StepState.CANCELLED


def test_asking_again_changes_nothing(task: TaskState) -> None:
    claimed(task)
    cancel(task)
    before = everything()
    cancel(task)
    assert everything() == before


def test_a_step_that_finishes_first_keeps_its_output_and_is_the_last_one(task: TaskState) -> None:
    claim = claimed(task)
    cancel(task)
    lifecycle.succeed(claim, {"kept": True})
    assert reloaded(task).state == State.CANCELLED
    assert step_of(task, "s1").output == {"kept": True}


def test_a_last_step_that_finishes_first_leaves_something_to_retry(task: TaskState) -> None:
    finished(task, *STEPS[:-1])
    claim = claimed(task, "s7")
    cancel(task)
    lifecycle.succeed(claim, {"agent_id": str(uuid4())})
    assert (reloaded(task).state, reloaded(task).agent_id) == (State.CANCELLED, None)
    lifecycle.retry(task.pk, by="somebody")
    assert finished(task, "s7").state == State.SUCCESS


def test_a_step_that_would_be_tried_again_is_not(task: TaskState) -> None:
    claim = claimed(task)
    cancel(task)
    lifecycle.postpone(claim, "Busy.", timedelta(0), attempts=3)
    assert reloaded(task).state == State.CANCELLED


def test_a_worker_that_hangs_for_good_does_not_keep_the_task(task: TaskState) -> None:
    claim = claimed(task)
    cancel(task)
    let_lease_expire(task)
    lifecycle.take_back(task.pk, claim.holder)
    assert reloaded(task).state == State.CANCELLED


def finish_as(task: TaskState, state: State) -> None:
    if state == State.SUCCESS:
        finished(task, *STEPS)
    elif state == State.FAILED:
        lifecycle.fail(claimed(task), "reason", "It failed.")
    else:
        cancel(task)


@pytest.mark.parametrize("state", [State.SUCCESS, State.FAILED, State.CANCELLED])
def test_a_finished_task_cannot_be_cancelled(task: TaskState, state: State) -> None:
    finish_as(task, state)
    before = everything()
    with pytest.raises(IllegalTransition, match=f"The task is {state} already"):
        cancel(task)
    assert everything() == before


def test_a_cancelled_task_stays_cancelled(task: TaskState) -> None:
    cancel(task)
    with pytest.raises(Superseded):
        claimed(task)
    assert reloaded(task).state == State.CANCELLED


def test_a_task_that_does_not_exist_cannot_be_cancelled(db: None) -> None:
    with pytest.raises(TaskNotFound):
        lifecycle.cancel(uuid4(), by="somebody")
