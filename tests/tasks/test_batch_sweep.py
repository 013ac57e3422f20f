"""The sweep and fan-out steps: what it takes back, sends again, and gives up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import rescue
from tasks.errors import Superseded
from tasks.lifecycle import BatchClaim
from tasks.models import Counter, StepBatch, StepRun, TaskState
from tasks.states import BatchState, Measure, State
from tests.tasks.broker import Broker
from tests.tasks.engine import last_event, make_due, reloaded, step_of
from tests.tasks.fan_out import STEP, batch_claimed, batch_done, fanned_out, settled, states
from tests.tasks.workers import ELSEWHERE, OtherWorker

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NOTHING = {"taken_back": 0, "dispatched": 0, "undone": 0}


@pytest.fixture
def task(owner: User, broker: Broker) -> TaskState:
    """Three batches, which nobody has begun; their messages are not looked at."""
    task = fanned_out(owner)
    broker.messages()
    return task


def hand_to(holder: str, claim: BatchClaim, seconds: float = 60) -> None:
    end = timezone.now() + timedelta(seconds=seconds)
    StepBatch.objects.filter(pk=claim.batch_id).update(lease_holder=holder, lease_expires_at=end)


def let_expire(claim: BatchClaim) -> None:
    hand_to(ELSEWHERE, claim, seconds=-1)


def begun_ago(task: TaskState, seconds: float) -> None:
    begun = timezone.now() - timedelta(seconds=seconds)
    StepRun.objects.filter(task=task, name=STEP).update(attempt_started_at=begun)


def test_it_does_nothing_while_batches_run(task: TaskState, broker: Broker) -> None:
    batch_claimed(task)
    assert rescue.sweep() == NOTHING
    assert broker.messages() == []


def test_what_a_dead_worker_held_is_put_back_and_the_step_is_sent(
    task: TaskState, broker: Broker, other_worker: OtherWorker
) -> None:
    hand_to(other_worker.holder, batch_claimed(task))
    assert rescue.sweep() == NOTHING
    other_worker.kill()
    assert rescue.sweep() == {"taken_back": 1, "dispatched": 1, "undone": 0}
    (message,) = broker.messages()
    assert message.steps == ["test-fan-out.many", "test-fan-out.last"]
    assert states(task) == [BatchState.PENDING] * 3
    event = last_event(task)
    assert event.message == (
        "The worker stopped in the middle of batch 1 of many; another one goes on."
    )
    assert (event.data["batch"], event.data["deaths"]) == (1, 1)
    assert Counter.objects.get(measure=Measure.RESCUE, step=STEP).count == 1
    assert step_of(task, STEP).deaths == 0


def test_what_a_worker_elsewhere_held_is_put_back_when_its_lease_expires(task: TaskState) -> None:
    claim = batch_claimed(task)
    hand_to(ELSEWHERE, claim)
    assert rescue.sweep()["taken_back"] == 0
    let_expire(claim)
    assert rescue.sweep()["taken_back"] == 1
    assert batch_claimed(task).number == claim.number


def test_the_next_claim_puts_it_back_when_that_comes_before_the_sweep(task: TaskState) -> None:
    let_expire(batch_claimed(task))
    claim = batch_claimed(task)
    assert (claim.number, claim.attempt) == (1, 2)


def test_a_batch_that_ended_its_worker_three_times_ends_the_task(task: TaskState) -> None:
    for _ in range(3):
        assert reloaded(task).state == State.RUNNING
        let_expire(batch_claimed(task))
        rescue.sweep()
    task = reloaded(task)
    assert (task.state, task.error_code) == (State.FAILED, "worker_lost")
    assert task.error_message.startswith("Batch 1 of the step many ended its worker 3 times.")


def test_three_batches_that_each_ended_a_worker_once_do_not(task: TaskState) -> None:
    for claim in [batch_claimed(task) for _ in range(3)]:
        let_expire(claim)
    assert rescue.sweep()["taken_back"] == 3
    assert reloaded(task).state == State.RUNNING


def test_a_worker_that_was_killed_at_the_hard_limit_is_recorded_as_such(task: TaskState) -> None:
    claim = batch_claimed(task)
    begun = timezone.now() - timedelta(seconds=630)
    StepBatch.objects.filter(pk=claim.batch_id).update(attempt_started_at=begun)
    let_expire(claim)
    rescue.sweep()
    assert reloaded(task).error_code == "time_limit"
    assert reloaded(task).error_message.startswith(
        "Batch 1 of the step many ran into its hard limit of 630 s"
    )


def test_messages_that_got_lost_are_made_up_for_by_one_of_the_step(
    task: TaskState, broker: Broker
) -> None:
    make_due(task)
    assert rescue.sweep() == {"taken_back": 0, "dispatched": 1, "undone": 0}
    (message,) = broker.messages()
    assert message.steps == ["test-fan-out.many", "test-fan-out.last"]


def test_so_is_that_of_the_step_when_all_batches_are_done(task: TaskState, broker: Broker) -> None:
    while not batch_done(task).is_last:
        pass
    make_due(task)
    assert rescue.sweep()["dispatched"] == 1
    assert len(broker.messages()) == 1


def test_a_step_out_of_time_ends_although_all_its_batches_are_in_hand(task: TaskState) -> None:
    claims = [batch_claimed(task) for _ in range(3)]
    begun_ago(task, 599)
    rescue.sweep()
    assert reloaded(task).state == State.RUNNING
    begun_ago(task, 601)
    rescue.sweep()
    assert (reloaded(task).state, reloaded(task).error_code) == (State.FAILED, "time_limit")
    with pytest.raises(Superseded):
        settled(claims[0])
