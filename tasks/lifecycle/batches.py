"""What a worker does with a fan-out step: plan it, leave it to its batches, and claim those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from tasks import leases
from tasks.errors import Superseded
from tasks.fan_out import FanOut
from tasks.lifecycle import fan_out, work
from tasks.lifecycle.batch_rescue import bury_lost_batches
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.endings import end_cancelled
from tasks.lifecycle.work import Claim
from tasks.models import StepBatch, StepRun, TaskState
from tasks.states import BatchState, State


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


def plan(claim: Claim, items: Sequence[Any], declared: FanOut) -> None:
    """Write the batches of the step that `claim` holds. No batch at all is a plan, too.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard, with_steps=True) as change:
        fan_out.write_plan(change, step_of(claim), items, declared.cut, declared.line)


def release(claim: Claim) -> tuple[TaskState, int] | None:
    """Leave a planned step to its batches: the task, and how many messages are to be sent.

    None if every batch is done: then the lease is kept, and the step's function is to be called.

    Raises:
        Superseded: the lease is lost, or the task is cancelled by now.
    """
    messages = None
    with changing(claim.task_id, claim.guard) as change:
        step = step_of(claim)
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
        tries=batch.attempts - batch.deaths,
        batch_id=batch.pk,
        number=batch.number,
        items=batch.items,
        **work.terms(change.task, step, steps, batch.lease_holder),
    )


def step_of(claim: Claim) -> StepRun:
    """The step's row."""
    return StepRun.objects.get(task_id=claim.task_id, name=claim.step)
