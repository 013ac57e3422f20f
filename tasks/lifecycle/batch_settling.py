"""How a worker settles a batch: it is counted, put off or handed back; until then, renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks import percent
from tasks.lifecycle import fan_out, work
from tasks.lifecycle.batches import BatchClaim, step_of
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.endings import end_cancelled, end_failed
from tasks.masking import mask
from tasks.models import StepBatch, StepRun, TaskState
from tasks.states import BatchState, EventType, Measure

PROGRESS_INTERVAL = timedelta(seconds=0.12)
"""Between two progress events of a step, however many processes work on it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be sent after a batch is done."""

    task: TaskState
    is_last: bool
    """The step is due for its own function."""
    sends_next: bool
    """A batch waits that no message has been sent for."""


def finish_batch(claim: BatchClaim, line: Callable[[int, int], str]) -> Settled:
    """Count the batch. Its row can be done but once, so its items are counted once: those of a
    batch that was done before its step's turn with the plan of the step.

    Args:
        line: what a person reads when so many of so many items are done.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard, with_steps=True) as change:
        step = step_of(claim)
        StepBatch.objects.filter(pk=claim.batch_id).update(
            state=BatchState.DONE,
            lease_holder="",
            lease_expires_at=None,
            finished_at=change.now,
            error_message="",
        )
        if not step.planned_at:
            return Settled(change.task, is_last=False, sends_next=False)
        step.done += len(claim.items)
        sends_next = step.unsent > 0
        step.unsent -= sends_next
        change.set(
            percent=percent.of(
                percent.finished_weight(change.steps), step.weight, step.done, step.total
            ),
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
            f"Attempt {claim.tries} of {attempts} at batch {claim.number} failed: {reason} "
            f"The next one begins in {seconds:.1f} s.",
            step=claim.step,
            level="warning",
            batch=claim.number,
            attempt=claim.attempt,
            delay=round(seconds, 3),
            reason=reason,
        )


@work.fail.register
def _fail_batch(claim: BatchClaim, code: str, message: str) -> None:
    with changing(claim.task_id, claim.guard) as change:
        step = step_of(claim)
        if step.planned_at:
            end_failed(change, step, code, message)
        else:
            # The step in hand is not to blame, and this one has not begun.
            _put_back(claim, BatchState.PENDING, reason=message)


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
    claim: BatchClaim, state: BatchState, retry_at: datetime | None = None, reason: str = ""
) -> StepBatch:
    batch = StepBatch.objects.select_related("step").get(pk=claim.batch_id)
    batch.state, batch.retry_at = state, retry_at
    batch.lease_holder, batch.lease_expires_at = "", None
    batch.error_message = mask(reason)
    batch.save()
    return batch
