"""Why a task waits: the one answer that the dashboard and the API give."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from django.utils import timezone

from tasks import dispatch, leases, pulse
from tasks.display import duration
from tasks.models import StepBatch, StepRun, TaskState
from tasks.states import Priority, State, StepState

LINE_LENGTH = 999
"""So many tasks are counted before one, at the most."""
QUIET = timedelta(seconds=12)
"""The sweep is due every five seconds: while it comes, the broker and a worker are there."""
BROKER_ASKED_EVERY = 5
"""Seconds. One that is away may take a second to say so, or rather not to."""


class Reason(StrEnum):
    """What a task waits for."""

    RETRY = "retry"
    """The time of its next attempt."""
    CLEAN_UP = "clean_up"
    """The end of what undoes its last run."""
    LINE = "line"
    """Its turn."""
    WORKERS = "workers"
    """Somebody has to start a worker."""
    BROKER = "broker"
    """Somebody has to bring the broker back."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why one task waits.

    Args:
        sentence: the same for people, with what to do about it where they can.
    """

    reason: Reason
    sentence: str

    @property
    def is_fault(self) -> bool:
        """Whether it does not pass by itself."""
        return self.reason in (Reason.WORKERS, Reason.BROKER)


def reason(task: TaskState) -> Waiting | None:
    """Why the task waits; None if it does not: it is finished, or somebody is at work on it."""
    return reasons([task]).get(task.pk)


def reasons(tasks: Iterable[TaskState]) -> dict[UUID, Waiting]:
    """The same for many, by their ids, without those that do not wait.

    It takes as many queries for a page of tasks as for one.
    """
    now = timezone.now()
    unfinished = [task for task in tasks if not task.is_finished]
    held = [task for task in unfinished if leases.is_held(task, now)]
    found = {task.pk: CLEAN_UP for task in held if task.state == State.QUEUED}
    idle = [task for task in unfinished if task not in held]
    found |= _between_attempts(idle, now)
    at_work = _at_work_in_batches(idle)
    rest = [task for task in idle if task.pk not in found and task.pk not in at_work]
    fault = _fault(now) if rest else None
    return found | ({task.pk: fault for task in rest} if fault else _in_line(rest))


def fault() -> Waiting | None:
    """What keeps every task from going on; None if nothing does."""
    return _fault(timezone.now())


CLEAN_UP = Waiting(Reason.CLEAN_UP, "What its last run left outside is taken back first.")
FIRST = Waiting(Reason.LINE, "Next in line.")
NEXT_STEP = Waiting(Reason.LINE, "The next step waits for a worker.")
NO_WORKER = Waiting(
    Reason.WORKERS,
    "No worker is consuming. Start one, or see why it stopped: /readyz tells more.",
)
NO_BROKER = Waiting(
    Reason.BROKER, "The broker does not answer. It goes on by itself once the broker is back."
)


def _between_attempts(tasks: list[TaskState], now: datetime) -> dict[UUID, Waiting]:
    running = [task.pk for task in tasks if task.state == State.RUNNING]
    if not running:
        return {}
    steps = StepRun.objects.filter(
        task__in=running, state=StepState.RETRYING, retry_at__gt=now
    ).values_list("task_id", "name", "retry_at")
    return {task_id: _next_attempt(name, at - now) for task_id, name, at in steps if at}


def _next_attempt(step: str, left: timedelta) -> Waiting:
    wait = duration(left // timedelta(milliseconds=1))
    return Waiting(Reason.RETRY, f"The next attempt at {step} begins in {wait}.")


def _at_work_in_batches(tasks: list[TaskState]) -> set[UUID]:
    """Those whose step has fanned out, and somebody holds a batch of it."""
    running = [task.pk for task in tasks if task.state == State.RUNNING]
    if not running:
        return set()
    held = StepBatch.objects.held().filter(step__task__in=running)
    return set(held.values_list("step__task", flat=True))


def _fault(now: datetime) -> Waiting | None:
    swept_at = pulse.last().get(pulse.SWEEP)
    if swept_at and now - swept_at < QUIET:
        return None
    if not _broker_answers(int(time.monotonic() // BROKER_ASKED_EVERY)):
        return NO_BROKER
    return None if pulse.workers_consume() else NO_WORKER


@lru_cache(maxsize=1)
def _broker_answers(moment: int) -> bool:
    return dispatch.broker_answers()


def _in_line(tasks: list[TaskState]) -> dict[UUID, Waiting]:
    queued = [task for task in tasks if task.state == State.QUEUED]
    lines = {priority: _line(priority) for priority in _queues_up_to(queued)}
    between = {task.pk: NEXT_STEP for task in tasks if task.state == State.RUNNING}
    return between | {task.pk: _place(task, lines) for task in queued}


def _queues_up_to(queued: list[TaskState]) -> list[str]:
    """The queues of these tasks and those that workers take before them."""
    order: list[str] = list(Priority.values)
    last = max((order.index(task.priority) for task in queued), default=-1)
    return order[: last + 1]


def _line(priority: str) -> list[datetime]:
    """Since when the first tasks in a queue have waited."""
    line = TaskState.objects.queued().filter(priority=priority).order_by("queued_at")
    return list(line.values_list("queued_at", flat=True)[: LINE_LENGTH + 1])


def _place(task: TaskState, lines: dict[str, list[datetime]]) -> Waiting:
    before = bisect_left(lines[task.priority], task.queued_at)
    for priority, line in lines.items():
        if priority == task.priority:
            break
        before += len(line)
    if before > LINE_LENGTH:
        return Waiting(Reason.LINE, f"Behind more than {LINE_LENGTH} tasks.")
    if before == 0:
        return FIRST
    return Waiting(Reason.LINE, f"Behind {before} task{'s' if before > 1 else ''}.")
