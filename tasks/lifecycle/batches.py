"""What a worker does with a fan-out step: plan it, claim its batches, and settle each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from tasks import leases, percent
from tasks.errors import Superseded
from tasks.lifecycle import fan_out, work
from tasks.lifecycle.batch_rescue import bury_lost_batches
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.endings import end_cancelled
from tasks.lifecycle.work import Claim
from tasks.masking import mask
from tasks.models import StepBatch, StepRun, TaskState
from tasks.states import BatchState, EventType, Measure, State

PROGRESS_INTERVAL = timedelta(seconds=0.12)
"""Between two progress events of a step, however many processes work on it."""


@dataclass(frozen=True, slots=True)
class BatchClaim(Claim):
    """The right to execute one attempt at one batch, as long as its lease is renewed."""

    batch_id: int
    number: int
    items: list[Any] = field(repr=False)

    @property
    def guard(self) -> Q:
        """What must hold of the task's row, and of the batch's, for this attempt to write.

        A join, and not a subquery: so PostgreSQL locks both rows, and looks again at both when it
        had to wait for one of them.
        """
        return Q(
            run=self.run,
            state=State.RUNNING,
            steps__batches=self.batch_id,
            steps__batches__state=BatchState.RUNNING,
            steps__batches__lease_holder=self.holder,
            steps__batches__attempts=self.attempt,
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be sent after a batch is done."""

    task: TaskState
    is_last: bool
    """The step is due for its own function."""
    sends_next: bool
    """A batch waits that no message has been sent for."""


def plan(claim: Claim, batches: Sequence[Sequence[Any]], line: str) -> None:
    """Write the batches of the step that `claim` holds. No batch at all is a plan, too.

    Args:
        line: what a person reads while none of them is done.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        fan_out.write_plan(change, _step_of(claim), batches, line)


def release(claim: Claim) -> tuple[TaskState, int] | None:
    """Leave a planned step to its batches: the task, and how many messages are to be sent.

    None if every batch is done: then the lease is kept, and the step's function is to be called.

    Raises:
        Superseded: the lease is lost, or the task is cancelled by now.
    """
    messages = None
    with changing(claim.task_id, claim.guard) as change:
        step = _step_of(claim)
        if change.task.cancel_requested:
            end_cancelled(change)
        elif step.done == step.total:
            return None
        else:
            messages = fan_out.release(change, step)
    if messages is None:
        raise Superseded("The task was cancelled.")
    return change.task, messages


def claim_batch(task_id: UUID, run: int, step_name: str, celery_task_id: str) -> BatchClaim:
    """Take the lease on the first batch of the step that waits.

    Raises:
        Superseded: none does, or the step is not at its batches, or the task has ended.
    """
    granted = None
    with changing(task_id, Q(run=run, state=State.RUNNING)) as change:
        steps = list(change.task.steps.all())
        step = next(step for step in steps if step.name == step_name)
        fan_out.end_if_overdue(change, step)
        if not change.task.is_finished and not change.task.cancel_requested:
            bury_lost_batches(change, step)
        batch = _next_batch(change, step)
        if batch:
            granted = _grant(change, step, steps, batch, celery_task_id)
    if granted is None:
        raise Superseded("No batch waits.")
    return granted


def _next_batch(change: Change, step: StepRun) -> StepBatch | None:
    if change.task.is_finished or change.task.cancel_requested:
        return None
    # Clocks of two machines may differ a little; a real early delivery is seconds early.
    due = Q(retry_at=None) | Q(retry_at__lte=change.now + timedelta(seconds=1))
    return step.batches.waiting().filter(due).order_by("number").first()


def _grant(
    change: Change, step: StepRun, steps: list[StepRun], batch: StepBatch, celery_task_id: str
) -> BatchClaim:
    batch.state = BatchState.RUNNING
    batch.lease_holder = leases.current_holder()
    batch.lease_expires_at = work.lease_end()
    batch.attempts += 1
    batch.attempt_started_at = change.now
    batch.retry_at = None
    batch.celery_task_id = celery_task_id
    batch.save()
    return BatchClaim(
        attempt=batch.attempts,
        batch_id=batch.pk,
        number=batch.number,
        items=batch.items,
        **work.terms(change.task, step, steps, batch.lease_holder),
    )


def finish_batch(claim: BatchClaim, line: Callable[[int, int], str]) -> Settled:
    """Count the batch. Its row can be done but once, so its items are counted once.

    Args:
        line: what a person reads when so many of so many items are done.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        step = _step_of(claim)
        StepBatch.objects.filter(pk=claim.batch_id).update(
            state=BatchState.DONE,
            lease_holder="",
            lease_expires_at=None,
            finished_at=change.now,
            error_message="",
        )
        step.done += len(claim.items)
        sends_next = step.unsent > 0
        step.unsent -= sends_next
        change.set(
            percent=percent.of(claim.base, claim.weight, step.done, step.total),
            details=line(step.done, step.total),
            dispatches=0,
            next_dispatch_at=fan_out.next_look(change, step),
        )
        _tell_progress(change, step)
        step.save(update_fields=["done", "unsent", "progress_told_at"])
    return Settled(change.task, step.done == step.total, sends_next)


def _tell_progress(change: Change, step: StepRun) -> None:
    """Unless somebody has just told; the last batch always tells."""
    told_at = step.progress_told_at
    if told_at and step.done < step.total and change.now - told_at < PROGRESS_INTERVAL:
        return
    step.progress_told_at = change.now
    details = change.task.details
    change.tell(EventType.PROGRESS, details, step=step.name, done=step.done, total=step.total)


@work.renew.register
def _renew_batch(claim: BatchClaim) -> None:
    with changing(claim.task_id, claim.guard):
        StepBatch.objects.filter(pk=claim.batch_id).update(lease_expires_at=work.lease_end())


@work.postpone.register
def _postpone_batch(claim: BatchClaim, reason: str, backoff: timedelta, attempts: int) -> None:
    with changing(claim.task_id, claim.guard) as change:
        if change.task.cancel_requested:
            end_cancelled(change)
            return
        batch = _put_back(claim, BatchState.RETRYING, change.now + backoff, reason)
        if batch.attempt_started_at:
            change.count_time(
                Measure.ATTEMPT, claim.step, BatchState.RETRYING, batch.attempt_started_at
            )
        seconds = backoff.total_seconds()
        change.set(next_dispatch_at=fan_out.next_look(change, batch.step))
        change.tell(
            EventType.LOG,
            f"Attempt {claim.attempt} of {attempts} at batch {claim.number} failed: {reason} "
            f"The next one begins in {seconds:.1f} s.",
            step=claim.step,
            level="warning",
            batch=claim.number,
            attempt=claim.attempt,
            delay=round(seconds, 3),
            reason=reason,
        )


@work.hand_back.register
def _hand_back_batch(claim: BatchClaim) -> None:
    with changing(claim.task_id, claim.guard) as change:
        if change.task.cancel_requested:
            end_cancelled(change)
            return
        batch = _put_back(claim, BatchState.PENDING)
        batch.attempts -= 1
        batch.save(update_fields=["attempts"])
        change.set(dispatches=0, next_dispatch_at=change.now)
        change.tell(
            EventType.LOG,
            f"The worker was told to stop in the middle of batch {claim.number} of {claim.step}; "
            "another one goes on.",
            step=claim.step,
            level="info",
            batch=claim.number,
        )


def _put_back(
    claim: BatchClaim, state: BatchState, retry_at: Any = None, reason: str = ""
) -> StepBatch:
    batch = StepBatch.objects.select_related("step").get(pk=claim.batch_id)
    batch.state, batch.retry_at = state, retry_at
    batch.lease_holder, batch.lease_expires_at = "", None
    batch.error_message = mask(reason)
    batch.save()
    return batch


def _step_of(claim: Claim) -> StepRun:
    return StepRun.objects.get(task_id=claim.task_id, name=claim.step)
