"""Batches that are begun before their step's turn: they hold up nothing, and count once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import lifecycle
from tasks.errors import Superseded
from tasks.lifecycle import BatchClaim, Claim
from tasks.models import StepBatch, TaskState
from tasks.states import BatchState, State, StepState
from tests.tasks.engine import claimed, last_event, reloaded, step_of, submitted
from tests.tasks.fan_out import (
    STEP,
    WORKFLOW,
    batch_claimed,
    batch_done,
    batches,
    declared,
    settled,
    states,
)
from tests.tasks.workers import ELSEWHERE

pytestmark = [pytest.mark.django_db, pytest.mark.services]

PENDING, RUNNING, RETRYING, DONE = BatchState


@pytest.fixture
def task(owner: User) -> TaskState:
    return submitted(owner, WORKFLOW)


@pytest.fixture
def before(task: TaskState) -> Claim:
    """The step before the one that fans out, in hand."""
    return claimed(task, "fine")


def hand(claim: Claim, *items: int) -> bool:
    return lifecycle.hand_ahead(claim, items) is not None


def planned(task: TaskState, before: Claim, items: int = 6) -> None:
    """The step before ends, and the next one is planned and left to its batches."""
    lifecycle.succeed(before, None)
    claim = claimed(task, STEP)
    lifecycle.plan(claim, range(items), declared())
    lifecycle.release(claim)


def lose(claim: BatchClaim) -> None:
    """The batch's worker is gone, and the sweep has noticed."""
    gone = timezone.now() - timedelta(seconds=1)
    StepBatch.objects.filter(pk=claim.batch_id).update(
        lease_holder=ELSEWHERE, lease_expires_at=gone
    )
    lifecycle.take_back_batch(claim.task_id, claim.batch_id, ELSEWHERE)


def test_a_batch_ahead_is_begun_while_the_step_before_is_at_work(
    task: TaskState, before: Claim
) -> None:
    assert hand(before, 0, 1)
    assert batch_claimed(task).items == [0, 1]
    assert lifecycle.still_held(before) is lifecycle.LeaseCheck.HELD


def test_nothing_more_is_handed_while_a_batch_waits_for_a_process(
    task: TaskState, before: Claim
) -> None:
    assert hand(before, 0, 1)
    assert not hand(before, 2, 3)
    batch_claimed(task)
    assert hand(before, 2, 3)
    assert [batch.number for batch in batches(task)] == [1, 2]


def test_what_is_done_ahead_does_not_move_the_bar_until_its_step_is_planned(
    task: TaskState, before: Claim
) -> None:
    lifecycle.report(before, 1, 2, "half")
    shown = reloaded(task)
    assert hand(before, 0, 1)
    done = batch_done(task)
    assert (done.is_last, done.sends_next) == (False, False)
    now = reloaded(task)
    assert (now.percent, now.details, now.last_seq) == (shown.percent, "half", shown.last_seq)
    assert (step_of(task, STEP).done, step_of(task, STEP).state) == (0, StepState.PENDING)

    planned(task, before)
    assert (step_of(task, STEP).done, step_of(task, STEP).total) == (2, 6)
    assert last_event(task).data == {"done": 2, "total": 6}
    assert reloaded(task).percent == pytest.approx(20 + 60 / 3, abs=0.01)


def test_the_plan_leaves_out_what_is_in_a_batch_already(task: TaskState, before: Claim) -> None:
    assert hand(before, 4, 1)
    running = batch_claimed(task)
    assert hand(before, 2)
    planned(task, before)
    assert [batch.items for batch in batches(task)] == [[4, 1], [2], [0, 3], [5]]
    assert states(task) == [RUNNING, PENDING, PENDING, PENDING]

    for _ in range(3):
        assert not batch_done(task).is_last
    assert settled(running).is_last
    assert step_of(task, STEP).done == 6
    assert reloaded(task).percent == 80


def test_a_step_whose_every_item_was_done_ahead_goes_straight_on(
    task: TaskState, before: Claim
) -> None:
    assert hand(before, 0, 1)
    batch_done(task)
    lifecycle.succeed(before, None)
    claim = claimed(task, STEP)
    lifecycle.plan(claim, range(2), declared())
    assert lifecycle.release(claim) is None
    lifecycle.succeed(claim, None)
    assert step_of(task, STEP).state == StepState.SUCCESS
    assert not batches(task)


def test_a_batch_ahead_that_fails_ends_nothing_and_is_tried_in_its_turn(
    task: TaskState, before: Claim
) -> None:
    assert hand(before, 0, 1)
    lifecycle.fail(batch_claimed(task), "unexpected_error", "It stumbled.")
    assert (reloaded(task).state, states(task)) == (State.RUNNING, [PENDING])
    planned(task, before)
    lifecycle.fail(batch_claimed(task), "unexpected_error", "It stumbled.")
    assert (reloaded(task).state, step_of(task, STEP).state) == (State.FAILED, StepState.FAILED)


def test_a_batch_ahead_that_kills_its_workers_ends_nothing_before_its_turn(
    task: TaskState, before: Claim
) -> None:
    assert hand(before, 0, 1)
    for _ in range(3):
        lose(batch_claimed(task))
    assert (reloaded(task).state, states(task)) == (State.RUNNING, [PENDING])
    planned(task, before)
    lose(batch_claimed(task))
    assert (reloaded(task).state, reloaded(task).error_code) == (State.FAILED, "worker_lost")


def test_who_works_ahead_stops_when_the_task_is_cancelled(task: TaskState, before: Claim) -> None:
    assert hand(before, 0, 1)
    claim = batch_claimed(task)
    lifecycle.cancel(task.pk, task.owner)
    assert lifecycle.still_held(claim) is lifecycle.LeaseCheck.CANCEL
    lifecycle.cancelled(before)
    assert lifecycle.still_held(claim) is lifecycle.LeaseCheck.LOST
    assert states(task) == [PENDING]
    with pytest.raises(Superseded):
        settled(claim)


def test_a_retry_begins_without_the_batches_of_the_run_before(
    task: TaskState, before: Claim
) -> None:
    assert hand(before, 0, 1)
    claim = batch_claimed(task)
    lifecycle.fail(before, "no_pages", "It failed.")
    lifecycle.retry(task.pk, task.owner)
    assert not batches(task)
    with pytest.raises(Superseded):
        settled(claim)
