"""The periodic sweep: it finds the tasks that nobody works on and nobody will, and moves them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from tasks import dispatch, fan_out_rescue, leases, lifecycle, log_lines, pulse
from tasks.errors import Superseded
from tasks.models import TaskState
from tasks.states import State

logger = logging.getLogger(__name__)

BATCH = 500


@shared_task(name=pulse.SWEEP_TASK, ignore_result=True, acks_late=False)
def sweep() -> dict[str, int]:
    """Move what is stuck, and note that a worker has done so: how many were moved, and how."""
    moved = move_what_is_stuck()
    pulse.record(pulse.SWEEP)
    return moved


@worker_ready.connect
def sweep_at_once(**_: Any) -> None:
    """Let a new worker begin with a sweep. It may well come after a crash, and it shows at once
    that it consumes."""
    sweep.apply_async(queue="maintenance", expires=pulse.LATE.total_seconds())


def move_what_is_stuck() -> dict[str, int]:
    """Take back what dead workers held, then send what the broker lost: how many of each."""
    fan_out_rescue.end_overdue()
    return {
        "taken_back": take_back_lost_leases() + fan_out_rescue.take_back_lost_batches(),
        "dispatched": dispatch_due(),
        "undone": undo_due(),
    }


def take_back_lost_leases() -> int:
    """End the leases that have expired, and those whose holder is known to be dead."""
    held = TaskState.objects.active().exclude(lease_holder="")
    expired = Q(lease_expires_at__lte=timezone.now())
    lost = held.filter(expired | Q(lease_holder__in=_dead_holders(held))).values_list(
        "pk", "lease_holder"
    )[:BATCH]
    return sum(_named(_take_back, task_id, holder) for task_id, holder in lost)


def _take_back(task_id: UUID, holder: str) -> bool:
    try:
        lifecycle.take_back(task_id, holder)
    except Superseded:
        return False
    except Exception:
        # One task that cannot be moved must not hold up all the others.
        logger.exception("Could not take %s back from %s", task_id, holder)
        return False
    logger.warning("Took %s back from %s", task_id, holder)
    return True


def _named(verb: Callable[..., bool], task_id: UUID, *more: str) -> bool:
    with log_lines.about(task_id=task_id):
        return verb(task_id, *more)


def dispatch_due() -> int:
    """Send every task whose message should have been claimed by now, unless it just waits."""
    due = TaskState.objects.active().filter(next_dispatch_at__lte=timezone.now(), lease_holder="")
    counts = due.order_by().values_list("priority").annotate(Count("pk"))
    lost = [queue for queue, tasks in counts if dispatch.waiting(queue) < tasks]
    chosen = due.filter(priority__in=lost).order_by("next_dispatch_at")
    return sum(_named(_dispatch, pk) for pk in chosen.values_list("pk", flat=True)[:BATCH])


def _dispatch(task_id: UUID) -> bool:
    try:
        task, step = lifecycle.redispatch(task_id)
        dispatch.send(task, step)
    except Superseded:
        return False
    except BrokerError:
        raise
    except Exception:
        logger.exception("Could not send %s", task_id)
        return False
    return True


def undo_due() -> int:
    """Send the message of each clean-up after a cancel that is due, or whose worker has died."""
    cancelled = TaskState.objects.filter(state=State.CANCELLED, undo_due_at__isnull=False)
    due = Q(undo_due_at__lte=timezone.now())
    dead = _dead_holders(cancelled)
    chosen = cancelled.filter(due | Q(lease_holder__in=dead)).order_by("undo_due_at")
    return sum(_named(_resend_undo, pk) for pk in chosen.values_list("pk", flat=True)[:BATCH])


def _resend_undo(task_id: UUID) -> bool:
    try:
        lifecycle.resend_undo(task_id)
    except Superseded:
        return False
    dispatch.send_undo(task_id)
    return True


def _dead_holders(tasks: QuerySet[TaskState]) -> list[str]:
    """Those that hold a lease of one of the tasks, and are known to be dead."""
    held = tasks.exclude(lease_holder="").order_by()
    holders = held.values_list("lease_holder", flat=True).distinct()
    return [holder for holder in holders if leases.is_dead(holder)]
