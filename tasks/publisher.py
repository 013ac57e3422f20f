"""Tells watchers of events that have been committed.

The channel layer is asynchronous and belongs to one event loop; workers and views are not. So each
process has one publisher: a thread with its own loop and its own connection, fed through a queue,
which keeps the order. What it cannot deliver is no loss: watchers read it from the database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

from tasks.events import EventPayload, WireEvent, encoded, group_name

logger = logging.getLogger(__name__)

QUEUE_LENGTH = 10_000
PUBLISH_TIMEOUT = 2.0
MESSAGE_CHARACTERS = 100_000
"""Of JSON in one message, unless a single event is longer. Redis hangs up on a subscriber that has
megabytes to read, and a process that takes in a long message does nothing else meanwhile."""

Batch = tuple[UUID, list[EventPayload]]


class Publisher:
    """One process's thread that publishes events, in the order they are given."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._queue: queue.Queue[Batch] = queue.Queue(QUEUE_LENGTH)
        threading.Thread(target=self._run, name="publisher", daemon=True).start()

    def put(self, task_id: UUID, payloads: list[EventPayload]) -> None:
        try:
            self._queue.put_nowait((task_id, payloads))
        except queue.Full:
            logger.warning("The channel layer is too slow; watchers of %s will catch up.", task_id)

    def _run(self) -> None:
        # An executor that waits for the queue would keep the process from ever ending.
        with asyncio.Runner() as runner:
            while True:
                for task_id, payloads in self._merged(self._queue.get()):
                    runner.run(self._publish(task_id, payloads))

    def _merged(self, first: Batch) -> list[Batch]:
        """`first` and all that has gathered behind it, one batch a task."""
        merged = {first[0]: list(first[1])}
        while not self._queue.empty():
            task_id, payloads = self._queue.get_nowait()
            merged.setdefault(task_id, []).extend(payloads)
        return list(merged.items())

    def _layer(self) -> Any:
        return get_channel_layer()

    async def _publish(self, task_id: UUID, payloads: list[EventPayload]) -> None:
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT):
                for message in messages(task_id, payloads):
                    await self._layer().group_send(group_name(task_id), message)
        except Exception as error:
            logger.warning("Not published, watchers will catch up: %r", error)


def messages(task_id: UUID, payloads: list[EventPayload]) -> Iterator[dict[str, Any]]:
    """The channel layer's messages that tell of these events, none of them much too long."""
    fitting: list[WireEvent] = []
    room = MESSAGE_CHARACTERS
    for event in map(encoded, payloads):
        if fitting and len(event.json) > room:
            yield _message(task_id, fitting)
            fitting, room = [], MESSAGE_CHARACTERS
        fitting.append(event)
        room -= len(event.json)
    if fitting:
        yield _message(task_id, fitting)


def _message(task_id: UUID, events: list[WireEvent]) -> dict[str, Any]:
    return {"type": "task.events", "task_id": str(task_id), "events": events}


_publisher: Publisher | None = None
_lock = threading.Lock()


def publish(task_id: UUID, payloads: list[EventPayload]) -> None:
    """Tell the watchers of the task; returns at once and never fails."""
    global _publisher
    with _lock:
        # A forked child inherits the object but not its thread.
        if _publisher is None or _publisher.pid != os.getpid():
            _publisher = Publisher()
        publisher = _publisher
    publisher.put(task_id, payloads)
