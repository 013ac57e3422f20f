"""The events of a task: their payload, and reading them back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple, TypedDict
from uuid import UUID

from tasks.models import TaskEvent
from tasks.states import FINISHED, EventType
from tasks.timestamps import timestamp


class EventPayload(TypedDict):
    """An event as every watcher sees it. Any one of them can draw the whole bar."""

    seq: int
    type: str
    at: str
    state: str
    percent: float
    step: str
    message: str
    data: dict[str, Any]


class WireEvent(NamedTuple):
    """An event as it travels to watchers: made into JSON once, however many they are."""

    seq: int
    type: str
    is_final: bool
    json: str


def payload(event: TaskEvent) -> EventPayload:
    """The event as JSON-ready data."""
    return EventPayload(
        seq=event.seq,
        type=event.type,
        at=timestamp(event.at),
        state=event.state,
        percent=float(event.percent),
        step=event.step,
        message=event.message,
        data=event.data,
    )


def is_final(event: EventPayload) -> bool:
    """Whether nothing follows `event` until somebody retries the task."""
    return event["type"] == EventType.STATE and event["state"] in FINISHED


def encoded(event: EventPayload) -> WireEvent:
    """The event as it travels."""
    text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    return WireEvent(event["seq"], event["type"], is_final(event), text)


def since(task_id: UUID, after: int, limit: int = 500) -> list[EventPayload]:
    """Up to `limit` events of the task with `seq` above `after`, in order."""
    rows: Iterable[TaskEvent] = TaskEvent.objects.filter(task_id=task_id, seq__gt=after).order_by(
        "seq"
    )[:limit]
    return [payload(row) for row in rows]


def group_name(task_id: UUID | str) -> str:
    """The Channels group that a task's events are published to."""
    return f"task.{task_id}"
