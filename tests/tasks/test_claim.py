"""Who may execute a step: one worker, in its turn, in the present run."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tasks import leases, lifecycle
from tasks.errors import StepAlreadyDone, Superseded
from tasks.models import StepRun, TaskState
from tasks.states import EventType, State, StepState
from tests.tasks.engine import (
    claimed,
    everything,
    finished,
    history,
    let_lease_expire,
    reloaded,
    seconds_from_now,
    step_of,
)
from tests.tasks.workers import ELSEWHERE, OtherWorker, hand_lease_to

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def refused(task: TaskState, step: str = "s1", run: int = 1) -> str:
    """Why the claim is refused. It has changed nothing."""
    before = everything()
    with pytest.raises(Superseded) as refusal:
        lifecycle.claim(task.pk, run, step, "")
    assert everything() == before
    return str(refusal.value)


def test_the_first_claim_begins_the_task(task: TaskState) -> None:
    claimed(task)
    task = reloaded(task)
    assert (task.state, task.current_step, task.percent) == (State.RUNNING, "s1", 0)
    assert task.started_at is not None
    assert [(event.seq, event.type, event.state) for event in history(task)][1:] == [
        (2, EventType.STATE, State.RUNNING),
        (3, EventType.STEP, State.RUNNING),
    ]


def test_it_takes_the_lease_for_as_long_as_the_settings_say(task: TaskState) -> None:
    claimed(task)
    task = reloaded(task)
    assert task.lease_holder == leases.current_holder()
    left = seconds_from_now(task.lease_expires_at)
    assert 0 < settings.AGENTFORGE_LEASE_SECONDS - left < 5
    assert task.next_dispatch_at is None


def test_it_notes_the_attempt_and_the_celery_task(task: TaskState) -> None:
    claimed(task)
    step = step_of(task, "s1")
    assert (step.state, step.attempts, step.celery_task_id) == (StepState.RUNNING, 1, "celery-id")
    assert step.started_at == step.attempt_started_at
    assert history(task)[-1].data["attempt"] == 1


def test_a_claim_hands_over_what_the_step_needs(task: TaskState) -> None:
    finished(task, "s1", "s2")
    claim = claimed(task, "s3")
    assert (claim.run, claim.attempt, claim.base, claim.weight) == (1, 1, 40, 15)
    assert claim.outputs == {"s1": {"from": "s1"}, "s2": {"from": "s2"}}


def test_a_step_waits_for_its_turn(task: TaskState) -> None:
    assert "not the turn of s2" in refused(task, "s2")


def test_a_step_that_is_done_is_not_done_again(task: TaskState) -> None:
    finished(task, "s1")
    before = everything()
    with pytest.raises(StepAlreadyDone):
        claimed(task, "s1")
    assert everything() == before


def test_a_second_delivery_is_refused_while_the_first_is_worked_on(task: TaskState) -> None:
    claimed(task)
    assert "Another worker holds the lease" in refused(task)


def test_a_lease_elsewhere_is_respected_until_it_expires(task: TaskState) -> None:
    claimed(task)
    hand_lease_to(ELSEWHERE, task)
    assert "Another worker holds the lease" in refused(task)
    let_lease_expire(task)
    assert claimed(task).attempt == 2


def test_the_lease_of_a_dead_worker_is_taken_at_once(
    task: TaskState, other_worker: OtherWorker
) -> None:
    claimed(task)
    hand_lease_to(other_worker.holder, task)
    refused(task)
    other_worker.kill()
    assert claimed(task).holder == leases.current_holder()
    assert step_of(task, "s1").deaths == 1


@pytest.mark.parametrize("run", [0, 2])
def test_a_message_of_another_run_is_refused(task: TaskState, run: int) -> None:
    refused(task, run=run)


def test_a_finished_task_cannot_be_claimed(task: TaskState) -> None:
    lifecycle.cancel(task.pk, by="somebody")
    refused(task)


def test_a_task_that_is_gone_cannot_be_claimed(task: TaskState) -> None:
    task.delete()
    refused(task)


def test_a_retry_that_comes_early_waits_for_its_backoff(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "Busy.", timedelta(seconds=30), attempts=3)
    assert "waits for its backoff" in refused(task)
    StepRun.objects.update(retry_at=timezone.now())
    assert claimed(task).attempt == 2


def test_a_task_that_was_cancelled_meanwhile_ends_instead(
    task: TaskState, other_worker: OtherWorker
) -> None:
    claimed(task)
    hand_lease_to(other_worker.holder, task)
    lifecycle.cancel(task.pk, by="somebody")
    other_worker.kill()
    with pytest.raises(Superseded):
        claimed(task)
    assert reloaded(task).state == State.CANCELLED
