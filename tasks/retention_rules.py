"""How long the engine keeps tasks, their history, and what Celery notes of their steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_celery_results.models import TaskResult

from tasks import lifecycle
from tasks.models import AuditEntry, HourTotal, TaskState
from tasks.retention import Rule, register
from tasks.states import State


def _in_state(state: State) -> Callable[[datetime], QuerySet[Any]]:
    """The tasks that ended in `state` before a moment, longest ago first."""

    def due(before: datetime) -> QuerySet[TaskState]:
        return TaskState.objects.filter(state=state, finished_at__lt=before).order_by("finished_at")

    return due


def _with_old_history(before: datetime) -> QuerySet[TaskState]:
    untrimmed = TaskState.objects.filter(finished_at__lt=before, trimmed_at=None)
    return untrimmed.order_by("finished_at")


def _trim(task_ids: list[UUID], before: datetime) -> int:
    return sum(lifecycle.trim(task_id, before) for task_id in task_ids)


def _forget(task_ids: list[UUID], before: datetime) -> int:
    # A task has few rows but may have a million events: those go first, in chunks of their own.
    long = _with_old_history(before).filter(pk__in=task_ids, last_seq__gt=lifecycle.SHORT_HISTORY)
    _trim(list(long.values_list("pk", flat=True)), before)
    return lifecycle.forget(task_ids, before)


def _old_results(before: datetime) -> QuerySet[TaskResult]:
    return TaskResult.objects.filter(date_done__lt=before).order_by("date_done")


def _delete_results(keys: list[int], before: datetime) -> int:
    return _old_results(before).filter(pk__in=keys).order_by().delete()[0]


def _old_entries(before: datetime) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(at__lt=before).order_by("at")


def _forget_entries(keys: list[int], before: datetime) -> int:
    return AuditEntry.objects.filter(pk__in=keys).forget()


def _old_hours(before: datetime) -> QuerySet[HourTotal]:
    return HourTotal.objects.filter(hour__lt=before).order_by("hour")


def _delete_hours(keys: list[int], before: datetime) -> int:
    return _old_hours(before).filter(pk__in=keys).order_by().delete()[0]


register(
    Rule(
        "histories of finished tasks",
        "AGENTFORGE_KEEP_EVENTS_DAYS",
        _with_old_history,
        _trim,
        at_once=20,
    ),
    Rule("tasks that succeeded", "AGENTFORGE_KEEP_TASKS_DAYS", _in_state(State.SUCCESS), _forget),
    Rule("cancelled tasks", "AGENTFORGE_KEEP_TASKS_DAYS", _in_state(State.CANCELLED), _forget),
    Rule("dead letters", "AGENTFORGE_KEEP_DEAD_LETTERS_DAYS", _in_state(State.FAILED), _forget),
    Rule("totals of hours", "AGENTFORGE_KEEP_TASKS_DAYS", _old_hours, _delete_hours),
    Rule("results of Celery", "AGENTFORGE_KEEP_RESULTS_DAYS", _old_results, _delete_results),
    Rule("audit entries", "AGENTFORGE_KEEP_AUDIT_DAYS", _old_entries, _forget_entries),
)
