"""What watchers read from the database."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import NamedTuple
from uuid import UUID

from channels.db import database_sync_to_async

from tasks import events
from tasks.events import WireEvent
from tasks.models import TaskState
from tasks.states import FINISHED

PAGE = 500
"""Events that are read at once."""

# Channels' default is one thread for all: a wait for a lock there would hold up everybody.
in_own_thread = partial(database_sync_to_async, thread_sensitive=False)


class Position(NamedTuple):
    """How far a task has come: the number of its last event, and whether it has ended."""

    last_seq: int
    is_finished: bool


@in_own_thread
def positions(task_ids: Collection[UUID]) -> dict[UUID, Position]:
    """Where these tasks are. Those that do not exist are left out."""
    rows = TaskState.objects.filter(pk__in=task_ids).values_list("pk", "last_seq", "state")
    return {pk: Position(last_seq, state in FINISHED) for pk, last_seq, state in rows}


@in_own_thread
def page(task_id: UUID, after: int) -> list[WireEvent]:
    """Up to `PAGE` events of the task after number `after`."""
    return [events.encoded(payload) for payload in events.since(task_id, after, PAGE)]
