"""What the overview shows: what runs, what waits and why, what failed, and who is at work.

Every part is read through an index and stops at a limit, so it costs the same with a million tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tasks import counting, dead_letters, pulse, waiting
from tasks.dead_letters import Group
from tasks.models import StepBatch, TaskQuerySet, TaskState
from tasks.states import Priority, State
from tasks.waiting import Waiting

SHOWN = 8
"""Rows of each list."""
HOLDERS_SHOWN = 32
COUNT_LIMIT = 9_999
RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Few:
    """The first rows of a longer list, and how many there are in all, in words."""

    rows: list[Any]
    count: str


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: how many tasks wait in it, and since when the first of them does."""

    name: str
    count: str
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A worker process, and what it is at.

    Args:
        place: its machine and its process id.
    """

    place: str
    task: TaskState
    step: str
    is_batch: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Whether work is done.

    Args:
        fault: what keeps every task from going on.
    """

    fault: Waiting | None
    is_busy: bool
    swept_at: datetime | None
    beat_at: datetime | None

    @property
    def is_beat_late(self) -> bool:
        return self.beat_at is None or timezone.now() - self.beat_at > pulse.LATE


def running(tasks: TaskQuerySet) -> Few:
    """What somebody is at work on, the newest first."""
    return _few(tasks.running().order_by("-created_at", "-id"))


def queued(tasks: TaskQuerySet) -> Few:
    """What waits for its turn, in the order of the queues."""
    found: list[TaskState] = []
    for priority in Priority.values:
        line = tasks.queued().filter(priority=priority).order_by("queued_at")
        found += line.select_related("owner")[: SHOWN - len(found)]
        if len(found) == SHOWN:
            break
    return Few(found, _count(tasks.queued()))


def failed(tasks: TaskQuerySet) -> list[Group]:
    """What has failed in the last day, by workflow, step and error."""
    return dead_letters.groups(
        tasks.filter(finished_at__gte=timezone.now() - RECENT).dead_letters()
    )


def queues() -> list[Queue]:
    """Each queue, in the order in which workers take them."""
    return [_queue(priority) for priority in Priority.values]


def holders() -> list[Holder]:
    """The worker processes that hold a lease, of a task or of a batch."""
    tasks = TaskState.objects.held().filter(state=State.RUNNING).order_by("lease_expires_at")
    found = [
        Holder(_place(task.lease_holder), task, task.current_step, False)
        for task in tasks[:HOLDERS_SHOWN]
    ]
    batches = StepBatch.objects.held().select_related("step__task").order_by("lease_expires_at")
    found += [
        Holder(_place(batch.lease_holder), batch.step.task, batch.step.name, True)
        for batch in batches[: HOLDERS_SHOWN - len(found)]
    ]
    return sorted(found, key=lambda holder: holder.place)


def health() -> Health:
    """Whether work is done, as far as the database and the broker tell."""
    pulses = pulse.last()
    return Health(
        fault=waiting.fault(),
        is_busy=pulse.workers_are_busy(),
        swept_at=pulses.get(pulse.SWEEP),
        beat_at=pulses.get(pulse.BEAT),
    )


def _few(tasks: TaskQuerySet) -> Few:
    return Few(list(tasks.select_related("owner")[:SHOWN]), _count(tasks))


def _queue(priority: str) -> Queue:
    line = TaskState.objects.queued().filter(priority=priority).order_by("queued_at")
    first = line.values_list("queued_at", flat=True).first()
    return Queue(priority, _count(line), first)


def _count(tasks: TaskQuerySet) -> str:
    count = counting.up_to(COUNT_LIMIT, tasks)
    return f"{COUNT_LIMIT:,}+" if count > COUNT_LIMIT else f"{count:,}"


def _place(holder: str) -> str:
    """Of `host@boot-namespace/pid/started`, what a person knows: the machine and the process."""
    machine, _, rest = holder.partition("/")
    return f"{machine.partition('@')[0]} · {rest.partition('/')[0]}"
