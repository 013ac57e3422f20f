"""What a cancelled task has left outside is undone: due since the cancel, claimed, and settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tasks import dispatch, leases
from tasks.errors import Superseded
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.endings import end_cancelled
from tasks.models import StepRun, TaskState
from tasks.states import State, StepState

UNDO_SECONDS = 120
"""One attempt is killed after this, so that it ends before its lease does."""
LEASE = timedelta(seconds=UNDO_SECONDS + 30)
RESEND = timedelta(seconds=30)
FIRST_BACKOFF = timedelta(seconds=5)
LONGEST_BACKOFF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class UndoClaim:
    """The right to undo what a task has done outside. Until it is settled, no step can begin."""

    task_id: UUID
    workflow: str
    step: str
    """The one that was in hand when the task was cancelled."""
    attempt: int
    holder: str
    params: dict[str, Any] = field(repr=False)

    @property
    def guard(self) -> Q:
        """The task itself may have been retried meanwhile: it waits for the end of this."""
        return Q(lease_holder=self.holder, state__in=(State.CANCELLED, State.QUEUED))


def begin_undo(task_id: UUID) -> UndoClaim:
    """Take the task's lease for an attempt at its undoing.

    Raises:
        Superseded: nothing is to be undone (any more), or somebody is at it.
    """
    with changing(task_id, Q(state=State.CANCELLED, undo_due_at__isnull=False)) as change:
        task = change.task
        if leases.is_held(task, change.now):
            raise Superseded("Somebody is at it already.")
        lease_end = change.now + LEASE
        change.set(
            lease_holder=leases.current_holder(),
            lease_expires_at=lease_end,
            undo_due_at=lease_end,
            undo_attempts=task.undo_attempts + 1,
        )
    return UndoClaim(
        task_id=task.pk,
        workflow=task.workflow,
        step=task.current_step,
        attempt=task.undo_attempts,
        holder=task.lease_holder,
        params=task.params,
    )


def confirm_undo(claim: UndoClaim) -> None:
    """Make sure that the claim still holds, for what is written in the same transaction.

    Raises:
        Superseded: it does not.
    """
    query = TaskState.objects.filter(claim.guard, pk=claim.task_id)
    if not query.update(lease_expires_at=timezone.now() + LEASE):
        raise Superseded


def finish_undo(claim: UndoClaim) -> None:
    """Nothing is left outside.

    Raises:
        Superseded: another one has taken over.
    """
    with changing(claim.task_id, claim.guard) as change:
        change.set(undo_pending=False)
        _let_go(change)
        if change.task.state == State.CANCELLED:
            change.set(undo_due_at=None, details="Cancelled, and cleaned up.")


def postpone_undo(claim: UndoClaim, reason: str, is_permanent: bool = False) -> None:
    """Try it again later: in five seconds at first, in an hour at the most.

    Args:
        reason: why, in a sentence that a user may read.
        is_permanent: trying again would not help; then nothing is due until somebody retries the
            task and cancels it again.

    Raises:
        Superseded: another one has taken over.
    """
    with changing(claim.task_id, claim.guard) as change:
        _let_go(change)
        if change.task.state == State.CANCELLED:
            backoff = min(FIRST_BACKOFF * 2 ** min(claim.attempt - 1, 10), LONGEST_BACKOFF)
            due_at = None if is_permanent else change.now + backoff
            change.set(undo_due_at=due_at, details=f"Cancelled. {reason}")


def resend_undo(task_id: UUID) -> None:
    """Note that the message of the undoing is sent once more.

    Raises:
        Superseded: somebody is at it, or it is done.
    """
    with changing(task_id, Q(state=State.CANCELLED, undo_due_at__isnull=False)) as change:
        if leases.is_held(change.task, change.now):
            raise Superseded
        change.set(undo_due_at=change.now + RESEND)


def _let_go(change: Change) -> None:
    """Give up the lease. A task that was retried meanwhile has waited for that."""
    task = change.task
    change.drop_lease()
    if task.state != State.QUEUED:
        return
    if task.cancel_requested:
        end_cancelled(change)
        return
    change.set(next_dispatch_at=change.now)
    steps = StepRun.objects.filter(task=task).exclude(state=StepState.SUCCESS)
    first = steps.order_by("position").values_list("name", flat=True)[0]
    transaction.on_commit(lambda: dispatch.send_soon(task, from_step=first))
