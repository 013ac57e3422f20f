"""The periodic sweep: it finds the tasks that nobody works on and nobody will, and moves them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready
from django.db.models import Count, Q
from django.utils import timezone

from tasks import dispatch, fan_out_rescue, lifecycle, pulse
from tasks.models import TaskState
from tasks.states import State
from tasks.stuck import BATCH, dead_holders, move_each


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
    taken_back = take_back_lost_leases()
    return {
        "taken_back": len(taken_back) + fan_out_rescue.take_back_lost_batches(),
        "dispatched": dispatch_due(taken_back),
        "undone": undo_due(),
    }


def take_back_lost_leases() -> list[UUID]:
    """End the leases that have expired, and those whose holder is known to be dead: of which tasks
    it was."""
    held = TaskState.objects.active().exclude(lease_holder="")
    expired = Q(lease_expires_at__lte=timezone.now())
    lost = held.filter(expired | Q(lease_holder__in=dead_holders(held)))
    rows = lost.values_list("pk", "lease_holder")[:BATCH]
    taken: list[UUID] = []

    def take_back(task_id: UUID, holder: str) -> None:
        lifecycle.take_back(task_id, holder)
        taken.append(task_id)

    move_each(rows, take_back, "Took %s back from %s")
    return taken


def dispatch_due(taken_back: Sequence[UUID] = ()) -> int:
    """Send every task whose message should have been claimed by now, unless it just waits.

    Args:
        taken_back: those that a dead worker held. What waits in the queue is not theirs: Celery
            does not send a message again whose own step has ended, from which the dead one had
            gone on. (Where it does, whoever comes second has nothing to do.)
    """
    due = TaskState.objects.active().filter(next_dispatch_at__lte=timezone.now(), lease_holder="")
    counts = due.order_by().values_list("priority").annotate(Count("pk"))
    lost = [queue for queue, tasks in counts if dispatch.waiting(queue) < tasks]
    chosen = due.filter(Q(priority__in=lost) | Q(pk__in=taken_back)).order_by("next_dispatch_at")
    return move_each(chosen.values_list("pk")[:BATCH], _dispatch, "Sent %s again")


def _dispatch(task_id: UUID) -> None:
    dispatch.send(*lifecycle.redispatch(task_id))


def undo_due() -> int:
    """Send the message of each clean-up after a cancel that is due, or whose worker has died."""
    cancelled = TaskState.objects.filter(state=State.CANCELLED, undo_due_at__isnull=False)
    due = Q(undo_due_at__lte=timezone.now())
    chosen = cancelled.filter(due | Q(lease_holder__in=dead_holders(cancelled)))
    rows = chosen.order_by("undo_due_at").values_list("pk")[:BATCH]
    return move_each(rows, _resend_undo, "Asked again for the clean-up of %s")


def _resend_undo(task_id: UUID) -> None:
    lifecycle.resend_undo(task_id)
    dispatch.send_undo(task_id)
