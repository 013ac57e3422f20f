"""The sweep's part for fan-out steps: batches that dead workers held, and steps out of time."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from tasks import leases, lifecycle, log_lines
from tasks.errors import Superseded
from tasks.models import StepBatch, StepRun
from tasks.states import State, StepState

logger = logging.getLogger(__name__)

BATCH = 500


def take_back_lost_batches() -> int:
    """End the leases on batches that have expired, and those of dead holders: how many."""
    held = StepBatch.objects.filter(lease_expires_at__isnull=False).order_by()
    holders = held.values_list("lease_holder", flat=True).distinct()
    dead = [holder for holder in holders if leases.is_dead(holder)]
    lost = held.filter(Q(lease_expires_at__lte=timezone.now()) | Q(lease_holder__in=dead))
    rows = lost.values_list("step__task_id", "pk", "lease_holder")[:BATCH]
    return sum(_take_back(*row) for row in rows)


def _take_back(task_id: UUID, batch_id: int, holder: str) -> bool:
    with log_lines.about(task_id=task_id):
        try:
            lifecycle.take_back_batch(task_id, batch_id, holder)
        except Superseded:
            return False
        except Exception:
            # One batch that cannot be moved must not hold up all the others.
            logger.exception("Could not take a batch of %s back from %s", task_id, holder)
            return False
        logger.warning("Took a batch of %s back from %s", task_id, holder)
        return True


def end_overdue() -> int:
    """End the tasks whose fan-out step has run for longer than it may: how many."""
    fanned_out = StepRun.objects.filter(
        planned_at__isnull=False, state=StepState.RUNNING, task__state=State.RUNNING
    )
    steps = fanned_out.order_by().values_list("task_id", "name")
    return sum(_end_overdue(task_id, name) for task_id, name in steps[:BATCH])


def _end_overdue(task_id: UUID, step: str) -> bool:
    with log_lines.about(task_id=task_id, step=step):
        try:
            return lifecycle.end_overdue(task_id, step)
        except Superseded:
            return False
        except Exception:
            logger.exception("Could not look after %s of %s", step, task_id)
            return False
