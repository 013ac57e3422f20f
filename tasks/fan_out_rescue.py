"""The sweep's part for fan-out steps: batches that dead workers held, and steps out of time."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from tasks import lifecycle
from tasks.models import StepBatch, StepRun
from tasks.states import State, StepState
from tasks.stuck import BATCH, dead_holders, move_each


def take_back_lost_batches() -> int:
    """End the leases on batches that have expired, and those of dead holders: how many."""
    held = StepBatch.objects.filter(lease_expires_at__isnull=False)
    expired = Q(lease_expires_at__lte=timezone.now())
    lost = held.filter(expired | Q(lease_holder__in=dead_holders(held)))
    rows = lost.values_list("step__task_id", "pk", "lease_holder")[:BATCH]
    return move_each(rows, lifecycle.take_back_batch, "Took of %s the batch %s back from %s")


def end_overdue() -> int:
    """End the tasks whose fan-out step has run for longer than it may: how many."""
    # By way of the tasks that run, which are few: an index of such steps would be written to
    # whenever any step's state changes.
    running = StepRun.objects.filter(
        task__state=State.RUNNING, task__finished_at__isnull=True, state=StepState.RUNNING
    )
    fanned_out = running.filter(planned_at__isnull=False).order_by()
    steps = fanned_out.values_list("task_id", "name")[:BATCH]
    return move_each(steps, lifecycle.end_overdue, "Ended %s, whose step %s took too long")
