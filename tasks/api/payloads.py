"""A task as JSON. Written out by hand: this is the hot path of submitting, polling and listing,
and DRF would spend more on assembling its fields than the database does on the rows. A test
keeps it equal to what the schema says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from tasks.models import StepRun, TaskState
from tasks.states import State, StepState
from tasks.timestamps import timestamp


def task_payload(
    task: TaskState, steps: Iterable[StepRun] | None = None, waiting_for: str | None = None
) -> dict[str, Any]:
    """The task as the API shows it.

    Args:
        steps: its steps in order, where the caller has them; else they are read.
        waiting_for: why it waits, where the caller has asked (see `tasks.waiting`).
    """
    steps = list(task.steps.all() if steps is None else steps)
    return {
        "task_id": str(task.pk),
        "workflow": task.workflow,
        "subject": task.subject,
        "state": task.state,
        "percent": float(task.percent),
        "current_step": task.current_step,
        "details": task.details,
        "waiting_for": waiting_for,
        "agent_id": str(task.agent_id) if task.agent_id else None,
        "error_code": task.error_code,
        "error_message": task.error_message,
        "result": task.result,
        "run": task.run,
        "priority": task.priority,
        "cancel_requested": task.cancel_requested,
        "eta_seconds": eta_seconds(task, steps),
        "last_seq": task.last_seq,
        "created_at": _time(task.created_at),
        "started_at": _time(task.started_at),
        "finished_at": _time(task.finished_at),
        "steps": [_step_payload(step) for step in steps],
    }


def _step_payload(step: StepRun) -> dict[str, Any]:
    return {
        "name": step.name,
        "weight": step.weight,
        "state": step.state,
        "done": step.done,
        "total": step.total,
        "attempts": step.attempts,
        "started_at": _time(step.started_at),
        "finished_at": _time(step.finished_at),
        "error_message": step.error_message,
    }


def eta_seconds(task: TaskState, steps: Iterable[StepRun]) -> float | None:
    """Seconds until the end, if the rest goes on as this run has gone so far.

    None while nothing can be said: the task does not run, or this run has not moved the bar by one
    percent yet. What earlier runs had finished is no merit of this one.
    """
    if task.state != State.RUNNING or not task.started_at:
        return None
    moved = task.percent - _percent_at_start(task.started_at, steps)
    if moved < 1:
        return None
    elapsed = (timezone.now() - task.started_at).total_seconds()
    return round(elapsed * (100 - task.percent) / moved, 1)


def _percent_at_start(started_at: datetime, steps: Iterable[StepRun]) -> int:
    return sum(
        step.weight
        for step in steps
        if step.state == StepState.SUCCESS and step.finished_at and step.finished_at < started_at
    )


def _time(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None
