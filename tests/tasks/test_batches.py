"""The batches of a fan-out step: who may take them, and how each is counted once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.utils import timezone
from kombu.exceptions import OperationalError

from tasks import dispatch, fan_out_runner, lifecycle, workflows
from tasks.errors import Superseded
from tasks.lifecycle import BatchClaim, LeaseCheck
from tasks.lifecycle.fan_out import WINDOW
from tasks.models import Counter, StepBatch, StepRun, TaskState
from tasks.states import BatchState, EventType, Measure, State, StepState
from tests.tasks.engine import (
    claimed,
    everything,
    finished,
    history,
    last_event,
    make_due,
    reloaded,
    seconds_from_now,
    step_of,
    submitted,
)
from tests.tasks.fan_out import (
    STEP,
    WORKFLOW,
    batch_claimed,
    batch_done,
    batches,
    declared,
    fanned_out,
    settled,
    states,
)
from tests.tasks.workers import ELSEWHERE

pytestmark = [pytest.mark.django_db, pytest.mark.services]

PENDING, RUNNING, RETRYING, DONE = BatchState


@pytest.fixture
def task(owner: User) -> TaskState:
    """Three batches of two items each, which nobody has begun."""
    return fanned_out(owner)


def hand_to(holder: str, claim: BatchClaim, seconds: float = 60) -> None:
    """Let `holder` have the batch from now on."""
    end = timezone.now() + timedelta(seconds=seconds)
    StepBatch.objects.filter(pk=claim.batch_id).update(lease_holder=holder, lease_expires_at=end)


def let_expire(claim: BatchClaim) -> None:
    hand_to(claim.holder, claim, seconds=-1)


def rows() -> list[Any]:
    return [*everything(), list(StepBatch.objects.order_by("pk").values())]


def test_a_plan_is_cut_into_batches_and_nobody_holds_the_task(task: TaskState) -> None:
    assert [batch.items for batch in batches(task)] == [[0, 1], [2, 3], [4, 5]]
    assert (task.state, task.lease_holder, task.percent) == (State.RUNNING, "", 20)
    assert step_of(task, STEP).state == StepState.RUNNING
    assert (last_event(task).type, last_event(task).data) == (
        EventType.PROGRESS,
        {"done": 0, "total": 6},
    )


def test_batches_are_taken_in_order_and_each_by_one(task: TaskState) -> None:
    assert [batch_claimed(task).items for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(Superseded, match="No batch waits"):
        batch_claimed(task)
    assert states(task) == [RUNNING] * 3


def test_each_batch_that_is_done_moves_the_bar_by_its_share(task: TaskState) -> None:
    for percent in (40, 60, 80):
        batch_done(task)
        assert reloaded(task).percent == percent
    assert (step_of(task, STEP).done, step_of(task, STEP).total) == (6, 6)


def test_only_whoever_settles_the_last_one_is_told_so(task: TaskState) -> None:
    claims = [batch_claimed(task) for _ in range(3)]
    assert [settled(claim).is_last for claim in reversed(claims)] == [False, False, True]


def test_a_batch_is_counted_once(task: TaskState) -> None:
    claim = batch_claimed(task)
    settled(claim)
    before = rows()
    with pytest.raises(Superseded):
        settled(claim)
    assert rows() == before


def test_the_step_is_finished_by_its_own_claim_which_is_no_new_attempt(task: TaskState) -> None:
    while not batch_done(task).is_last:
        pass
    claim = claimed(task, STEP)
    assert (claim.attempt, claim.is_planned, lifecycle.release(claim)) == (1, True, None)
    lifecycle.succeed(claim, {"all": "done"})
    assert batches(task) == []
    assert (step_of(task, STEP).attempts, reloaded(task).percent) == (1, 80)
    told = [event.data.get("step_state") for event in history(task) if event.step == STEP]
    assert (told.count("RUNNING"), told.count("SUCCESS")) == (1, 1)
    (counted,) = Counter.objects.filter(measure=Measure.ATTEMPT, step=STEP)
    assert (counted.state, counted.count) == (StepState.SUCCESS, 1)


def test_a_second_message_of_the_step_leaves_it_to_its_batches_again(task: TaskState) -> None:
    running = batch_claimed(task)
    released = lifecycle.release(claimed(task, STEP))
    assert released
    assert released[1] == 2
    assert (reloaded(task).lease_holder, step_of(task, STEP).attempts) == ("", 1)
    settled(running)


def test_no_more_than_a_window_of_messages_is_under_way(owner: User) -> None:
    many = WINDOW + 2
    task = finished(submitted(owner, WORKFLOW), "fine")
    claim = claimed(task, STEP)
    lifecycle.plan(claim, range(many), replace(declared(), batch_size=1))
    released = lifecycle.release(claim)
    assert released
    assert released[1] == WINDOW
    assert [batch_done(task).sends_next for _ in range(many)] == [True, True] + [False] * WINDOW


def test_a_plan_without_items_goes_straight_on(owner: User) -> None:
    task = fanned_out(owner, items=0)
    assert reloaded(task).lease_holder
    assert batches(task) == []


@pytest.mark.parametrize(
    ("pause", "told"), [(0.0, [0, 2, 10]), (0.05, [0, 2, 8, 10]), (0.2, [0, 2, 4, 6, 8, 10])]
)
def test_what_is_told_of_progress_is_coalesced_but_counted_and_the_last_is_told(
    owner: User, monkeypatch: pytest.MonkeyPatch, pause: float, told: list[int]
) -> None:
    task, now = fanned_out(owner, items=10), timezone.now()
    for number in range(5):
        moment = now + timedelta(seconds=pause * number)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        batch_done(task)
        assert step_of(task, STEP).done == 2 * (number + 1)
    counts = [event.data["done"] for event in history(task) if event.type == EventType.PROGRESS]
    assert counts == told


WRITES: dict[str, Callable[[BatchClaim], object]] = {
    "renew": lifecycle.renew,
    "log": lambda claim: lifecycle.log(claim, "still here", "info", {}),
    "finish_batch": settled,
    "fail": lambda claim: lifecycle.fail(claim, "late", "Too late."),
    "postpone": lambda claim: lifecycle.postpone(claim, "Late.", timedelta(0), 3),
    "hand_back": lifecycle.hand_back,
    "cancelled": lifecycle.cancelled,
}


def taken_over(task: TaskState, claim: BatchClaim) -> None:
    hand_to(ELSEWHERE, claim)


def taken_back(task: TaskState, claim: BatchClaim) -> None:
    let_expire(claim)
    lifecycle.take_back_batch(task.pk, claim.batch_id, claim.holder)


def taken_back_and_claimed_by_this_very_process(task: TaskState, claim: BatchClaim) -> None:
    taken_back(task, claim)
    assert batch_claimed(task).batch_id == claim.batch_id


def cancelled_task(task: TaskState, claim: BatchClaim) -> None:
    lifecycle.cancel(task.pk, by="somebody")


def cancelled_retried_and_claimed_again(task: TaskState, claim: BatchClaim) -> None:
    cancelled_task(task, claim)
    lifecycle.retry(task.pk, by="somebody")
    lifecycle.release(claimed(task, STEP))
    assert batch_claimed(task).batch_id == claim.batch_id


def failed_by_another_batch(task: TaskState, claim: BatchClaim) -> None:
    lifecycle.fail(batch_claimed(task), "hopeless", "It failed.")


LOSSES = [
    taken_over,
    taken_back,
    taken_back_and_claimed_by_this_very_process,
    cancelled_task,
    cancelled_retried_and_claimed_again,
    failed_by_another_batch,
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("write", WRITES)
def test_whoever_lost_a_batch_writes_nothing_more(
    task: TaskState, write: str, loss: Callable[[TaskState, BatchClaim], None]
) -> None:
    claim = batch_claimed(task)
    loss(task, claim)
    before = rows()
    with pytest.raises(Superseded):
        WRITES[write](claim)
    assert rows() == before


@pytest.mark.parametrize("loss", LOSSES)
def test_its_heartbeat_says_so(
    task: TaskState, loss: Callable[[TaskState, BatchClaim], None]
) -> None:
    claim = batch_claimed(task)
    assert lifecycle.still_held(claim) == LeaseCheck.HELD
    loss(task, claim)
    assert lifecycle.still_held(claim) == LeaseCheck.LOST


@pytest.mark.parametrize("write", WRITES)
def test_whoever_holds_it_may_write(task: TaskState, write: str) -> None:
    claim = batch_claimed(task)
    before = rows()
    WRITES[write](claim)
    assert rows() != before


def test_a_batch_that_is_put_off_waits_and_the_others_do_not(task: TaskState) -> None:
    lifecycle.postpone(batch_claimed(task), "Busy.", timedelta(hours=1), attempts=3)
    assert states(task) == [RETRYING, PENDING, PENDING]
    event = last_event(task)
    assert event.message.startswith("Attempt 1 of 3 at batch 1 failed: Busy. The next one begins")
    assert event.data == {
        "level": "warning",
        "batch": 1,
        "attempt": 1,
        "delay": 3600,
        "reason": "Busy.",
    }
    assert [batch_done(task).is_last for _ in range(2)] == [False, False]
    with pytest.raises(Superseded):
        batch_claimed(task)
    assert seconds_from_now(reloaded(task).next_dispatch_at) > 3600
    (counted,) = Counter.objects.filter(measure=Measure.ATTEMPT, step=STEP)
    assert counted.state == StepState.RETRYING


def test_a_cancel_ends_the_task_at_once_although_batches_run(task: TaskState) -> None:
    claim = batch_claimed(task)
    assert lifecycle.cancel(task.pk, by="somebody").state == State.CANCELLED
    assert step_of(task, STEP).state == StepState.CANCELLED
    assert states(task) == [PENDING] * 3
    with pytest.raises(Superseded):
        settled(claim)
    with pytest.raises(Superseded):
        batch_claimed(task)


def test_a_retry_keeps_what_is_done_and_its_share_of_the_bar(task: TaskState) -> None:
    batch_done(task)
    lifecycle.fail(batch_claimed(task), "hopeless", "It failed.")
    assert step_of(task, STEP).state == StepState.FAILED
    lifecycle.retry(task.pk, by="somebody")
    assert (reloaded(task).state, reloaded(task).percent) == (State.QUEUED, 40)
    claim = claimed(task, STEP)
    assert (claim.attempt, claim.is_planned) == (1, True)
    lifecycle.release(claim)
    assert states(task) == [DONE, PENDING, PENDING]
    assert [batch.attempts for batch in batches(task)] == [1, 0, 0]
    assert [batch_done(task).is_last for _ in range(2)] == [False, True]


def test_a_retry_from_the_start_plans_anew(task: TaskState) -> None:
    batch_done(task)
    lifecycle.cancel(task.pk, by="somebody")
    lifecycle.retry(task.pk, by="somebody", start_over=True)
    assert (batches(task), reloaded(task).percent) == ([], 0)
    finished(task, "fine")
    assert not claimed(task, STEP).is_planned


def test_the_next_claim_ends_a_step_that_takes_too_long(task: TaskState) -> None:
    begun = timezone.now() - timedelta(seconds=601)
    StepRun.objects.filter(task=task, name=STEP).update(attempt_started_at=begun)
    with pytest.raises(Superseded):
        batch_claimed(task)
    assert reloaded(task).error_code == "time_limit"
    assert reloaded(task).error_message.startswith("The step many ran longer than its limit of 600")


def test_a_batch_that_is_handed_back_is_due_at_once_and_was_no_attempt(task: TaskState) -> None:
    lifecycle.hand_back(batch_claimed(task))
    assert seconds_from_now(reloaded(task).next_dispatch_at) <= 0
    claim = batch_claimed(task)
    assert (claim.number, claim.attempt) == (1, 1)


def test_while_all_that_is_left_is_in_hand_no_message_is_missed(task: TaskState) -> None:
    claims = [batch_claimed(task) for _ in range(3)]
    settled(claims[0])
    assert reloaded(task).next_dispatch_at is None
    settled(claims[1])
    settled(claims[2])
    assert 0 < seconds_from_now(reloaded(task).next_dispatch_at) <= 10
    make_due(task)
    assert lifecycle.redispatch(task.pk)[1] == STEP


def test_a_batch_that_is_done_without_a_broker_is_done(
    task: TaskState, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(*_: object) -> None:
        raise OperationalError("The broker does not answer.")

    monkeypatch.setattr(dispatch, "send", send)
    monkeypatch.setattr(dispatch, "send_batches", send)
    workflow = workflows.get(WORKFLOW)
    message, step = current_app.tasks[workflow.batch_celery_name(STEP)], workflow.by_name[STEP]
    for _ in batches(task):
        fan_out_runner.run_batch(declared(), message, step, task.pk, task.run)
    assert states(task) == [DONE] * 3
