"""What becomes of batches whose worker is gone, and of fan-out steps that take too long."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from tasks import leases
from tasks.errors import Superseded
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.endings import end_failed
from tasks.lifecycle.fan_out import end_if_overdue
from tasks.lifecycle.sweeping import reason_to_give_up
from tasks.models import StepBatch, StepRun
from tasks.states import BatchState, EventType, Measure, State


def take_back_batch(task_id: UUID, batch_id: int, holder: str) -> None:
    """End the lease that a holder who is gone has on a batch, and put the batch back.

    Raises:
        Superseded: the lease was renewed, or somebody else has taken over.
    """
    guard = Q(
        state=State.RUNNING,
        steps__batches=batch_id,
        steps__batches__state=BatchState.RUNNING,
        steps__batches__lease_holder=holder,
    )
    with changing(task_id, guard) as change:
        batch = StepBatch.objects.select_related("step").get(pk=batch_id)
        if leases.is_held(batch, change.now):
            raise Superseded
        _bury_batch(change, batch)


def bury_lost_batches(change: Change, step: StepRun) -> None:
    """Put back the batches of the step whose workers are gone, as the sweep would."""
    for batch in step.batches.running().select_related("step"):
        if change.task.is_finished:
            return
        if not leases.is_held(batch, change.now):
            _bury_batch(change, batch)


def end_overdue(task_id: UUID, step_name: str) -> None:
    """End the task, whose fan-out step has run for longer than it may.

    Raises:
        Superseded: it has not, or the task does not run any more.
    """
    with changing(task_id, Q(state=State.RUNNING)) as change:
        end_if_overdue(change, StepRun.objects.get(task_id=task_id, name=step_name))
        if not change.task.is_finished:
            raise Superseded("The step is in time.")


def _bury_batch(change: Change, batch: StepBatch) -> None:
    """Record that the batch's worker died; put it back, or end a task that kills workers."""
    step = batch.step
    batch.deaths += 1
    batch.state = BatchState.PENDING
    batch.lease_holder, batch.lease_expires_at = "", None
    batch.save()
    change.count(Measure.RESCUE, step.name)
    subject = f"Batch {batch.number} of the step {step.name}"
    cause = reason_to_give_up(change, batch, step.name, subject)
    # Before the step's turn nothing needs the batch: who comes to it then will find out.
    if cause and step.planned_at:
        end_failed(change, step, *cause)
        return
    change.set(next_dispatch_at=change.now)
    change.tell(
        EventType.LOG,
        f"The worker stopped in the middle of batch {batch.number} of {step.name}; "
        "another one goes on.",
        step=step.name,
        level="warning",
        batch=batch.number,
        deaths=batch.deaths,
    )
