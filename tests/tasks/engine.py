"""The engine as the tests drive it, one verb at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from tasks import lifecycle
from tasks.lifecycle import Claim
from tasks.models import StepRun, TaskEvent, TaskState
from tests.workflows.declared import SEVEN

STEPS = [f"s{number}" for number in range(1, len(SEVEN) + 1)]
"""The steps of `test-seven`."""


def submitted(owner: User, workflow: str = "test-seven", **options: Any) -> TaskState:
    """A new task, which nobody has claimed."""
    return lifecycle.submit(workflow, {}, owner, **options).task


def claimed(task: TaskState, step: str = "s1") -> Claim:
    """The lease on a step, held by this process."""
    return lifecycle.claim(task.pk, reloaded(task).run, step, "celery-id")


def finished(task: TaskState, *steps: str) -> TaskState:
    """The task after these steps have been executed."""
    for step in steps:
        lifecycle.succeed(claimed(task, step), {"from": step})
    return reloaded(task)


def reloaded(task: TaskState) -> TaskState:
    return TaskState.objects.get(pk=task.pk)


def step_of(task: TaskState, name: str) -> StepRun:
    return StepRun.objects.get(task=task, name=name)


def history(task: TaskState) -> list[TaskEvent]:
    return list(TaskEvent.objects.filter(task=task).order_by("seq"))


def last_event(task: TaskState) -> TaskEvent:
    return history(task)[-1]


def everything() -> list[Any]:
    """All rows that the engine writes, to see that nothing has changed."""
    return [
        list(model.objects.order_by("pk").values()) for model in (TaskState, StepRun, TaskEvent)
    ]


def seconds_from_now(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - timezone.now()).total_seconds()


def lease_end(task: TaskState) -> datetime:
    end = reloaded(task).lease_expires_at
    assert end is not None
    return end


def make_due(task: TaskState) -> None:
    """Let the time pass that the sweep gives a message."""
    now = timezone.now()
    TaskState.objects.filter(pk=task.pk).update(next_dispatch_at=now - timedelta(seconds=1))


def let_lease_expire(task: TaskState) -> None:
    now = timezone.now()
    TaskState.objects.filter(pk=task.pk).update(lease_expires_at=now - timedelta(seconds=1))
