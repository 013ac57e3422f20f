"""What the overview shows: what runs, what waits and why, what failed, and who is at work.

Every part is read through an index and stops at a limit, so it costs the same with a million tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from tasks import counting, dead_letters, listing, pulse, waiting
from tasks.dead_letters import Group
from tasks.listing import Row
from tasks.models import StepBatch, TaskQuerySet, TaskState
from tasks.states import Priority, State
from tasks.waiting import Waiting

SHOWN = 8
"""Rows of each list."""
BEGUN_READ = 40
"""Running tasks of which those are found that wait."""
HOLDERS_SHOWN = 32
COUNT_LIMIT = 9_999
RECENT = timedelta(hours=24)


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


def unfinished(tasks: TaskQuerySet) -> tuple[list[Row], list[Row]]:
    """What somebody is at work on, the newest first; and what waits: tasks between two steps or
    attempts, then those in the queues, in the order of the queues."""
    begun = tasks.running().select_related("owner").order_by("-created_at", "-id")
    rows = listing.rows([*begun[:BEGUN_READ], *_first_in_line(tasks)])
    at_work = [row for row in rows if not row.waiting]
    waits = [row for row in rows if row.waiting]
    return at_work[:SHOWN], waits[:SHOWN]


def count(tasks: TaskQuerySet) -> str:
    """How many there are, in words."""
    found = counting.up_to(COUNT_LIMIT, tasks)
    return f"{COUNT_LIMIT:,}+" if found > COUNT_LIMIT else f"{found:,}"


def _first_in_line(tasks: TaskQuerySet) -> list[TaskState]:
    found: list[TaskState] = []
    for priority in Priority.values:
        line = tasks.queued().filter(priority=priority).order_by("queued_at")
        found += line.select_related("owner")[: SHOWN - len(found)]
        if len(found) == SHOWN:
            break
    return found


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


def _queue(priority: str) -> Queue:
    line = TaskState.objects.queued().filter(priority=priority).order_by("queued_at")
    first = line.values_list("queued_at", flat=True).first()
    return Queue(priority, count(line), first)


def _place(holder: str) -> str:
    """Of `host@boot-namespace/pid/started`, what a person knows: the machine and the process."""
    machine, _, rest = holder.partition("/")
    return f"{machine.partition('@')[0]} · {rest.partition('/')[0]}"
