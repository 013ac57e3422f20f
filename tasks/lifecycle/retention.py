"""What has been kept long enough goes: the history of finished tasks first, then the tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q

from tasks.errors import Superseded
from tasks.lifecycle.change import Change, changing
from tasks.models import TaskEvent, TaskState
from tasks.states import FINISHED, EventType, State

EVENTS_AT_ONCE = 5000
"""Events of one transaction: how long a watcher or a submission may have to wait for it."""
SHORT_HISTORY = 100
"""Events that go together with their task, without being cut down first."""


def trim(task_id: UUID, finished_before: datetime) -> bool:
    """Cut the history down to the final event, which still tells watchers that all is over.

    The outputs of the steps go too, if no retry can need them any more.

    Returns:
        whether it is done: a task that somebody has retried meanwhile keeps what is left.
    """
    try:
        while not _trim_some(task_id, finished_before):
            pass
    except Superseded:
        return False
    return True


def forget(task_ids: Iterable[UUID], finished_before: datetime) -> int:
    """Delete those of the tasks that are still finished and have a short history, or are trimmed:
    how many."""
    short = Q(trimmed_at__isnull=False) | Q(last_seq__lte=SHORT_HISTORY)
    guard = _finished(finished_before) & short
    with transaction.atomic():
        locked = TaskState.objects.select_for_update().filter(guard, pk__in=task_ids)
        tasks = list(locked.order_by("pk").values_list("pk", flat=True))
        TaskState.objects.filter(pk__in=tasks).delete()
    return len(tasks)


def _finished(before: datetime) -> Q:
    return Q(state__in=FINISHED, finished_at__lt=before)


def _trim_some(task_id: UUID, finished_before: datetime) -> bool:
    with changing(task_id, _finished(finished_before)) as change:
        history = TaskEvent.objects.filter(task_id=task_id)
        endings = history.filter(type=EventType.STATE, state__in=FINISHED).order_by("-seq")
        final = endings.values_list("seq", flat=True).first() or change.task.last_seq
        first = history.aggregate(first=Min("seq"))["first"] or final
        cut = min(first + EVENTS_AT_ONCE, final)
        history.filter(seq__lt=cut).delete()
        if cut == final:
            _note_trimmed(change)
    return cut == final


def _note_trimmed(change: Change) -> None:
    change.set(trimmed_at=change.now)
    if change.task.state == State.SUCCESS:
        change.task.steps.update(output=None)
