"""Follows a task: every event once, in order, however late one joins and whatever gets lost.

Each web process subscribes once to each task that it has watchers for, and wakes them all. A
watcher takes what the subscription has buffered where that continues what it has seen, and reads
the rest from the database: the channel layer may lose messages, the history does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from tasks import events
from tasks.events import EventPayload, is_final
from tasks.models import TaskState

logger = logging.getLogger(__name__)

POLL_INTERVAL = 2.0
"""Seconds after which a watcher looks into the database though nobody woke it."""
SUBSCRIBE_TIMEOUT = 1.0
PAGE = 500
BUFFER = 256


class Topic:
    """One task that this process has watchers for."""

    def __init__(self, task_id: UUID) -> None:
        self.task_id = task_id
        self.watchers = 0
        self._closing = False
        self._recent: deque[EventPayload] = deque(maxlen=BUFFER)
        self._news = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._listener = asyncio.create_task(self._listen())

    async def subscribed(self) -> None:
        """Until the subscription stands, or has taken too long."""
        await _within(SUBSCRIBE_TIMEOUT, self._subscribed)

    async def news(self) -> bool:
        """Until there are new events (True), or `POLL_INTERVAL` has passed without (False)."""
        return await _within(POLL_INTERVAL, self._news)

    @property
    def latest(self) -> int:
        """The highest `seq` that was heard of."""
        return self._recent[-1]["seq"] if self._recent else 0

    def after(self, seq: int) -> list[EventPayload]:
        """The buffered events that continue `seq` without a gap; none if there is one."""
        found = [event for event in self._recent if event["seq"] > seq]
        gapless = all(event["seq"] == n for n, event in enumerate(found, start=seq + 1))
        return found if gapless else []

    def close(self) -> None:
        """End the subscription. One that is just being made ends itself as soon as it stands:
        the channel layer frees a channel only while somebody receives from it."""
        self._closing = True
        if self._subscribed.is_set():
            self._listener.cancel()

    async def _listen(self) -> None:
        layer: Any = get_channel_layer()
        group = events.group_name(self.task_id)
        while not self._closing:
            try:
                channel = await layer.new_channel()
                await layer.group_add(group, channel)
                self._subscribed.set()
                await self._receive_from(layer, group, channel)
            except Exception as error:
                logger.warning("Without the channel layer, watchers poll: %r", error)
                await asyncio.sleep(POLL_INTERVAL)

    async def _receive_from(self, layer: Any, group: str, channel: str) -> None:
        if self._closing:
            self._listener.cancel()
        try:
            while True:
                self._receive(await layer.receive(channel))
        finally:
            await layer.group_discard(group, channel)

    def _receive(self, message: dict[str, Any]) -> None:
        # Two processes may publish at once, and what comes late must not break the order.
        merged = {event["seq"]: event for event in (*self._recent, *message["events"])}
        self._recent = deque((merged[seq] for seq in sorted(merged)), maxlen=BUFFER)
        self._news.set()
        self._news = asyncio.Event()


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


_topics: dict[tuple[asyncio.AbstractEventLoop, UUID], Topic] = {}


@contextlib.asynccontextmanager
async def _subscription(task_id: UUID) -> AsyncIterator[Topic]:
    key = (asyncio.get_running_loop(), task_id)
    topic = _topics.get(key) or _topics.setdefault(key, Topic(task_id))
    topic.watchers += 1
    try:
        await topic.subscribed()
        yield topic
    finally:
        topic.watchers -= 1
        if not topic.watchers:
            topic.close()
            del _topics[key]


async def follow(task_id: UUID, after: int = 0) -> AsyncGenerator[list[EventPayload], None]:
    """Yield the task's events with `seq` above `after`, batch by batch, until the final one.

    Subscribes first and replays then, so nothing falls between. A batch is empty when
    `POLL_INTERVAL` passed without news, which lets the caller keep its connection alive.
    """
    async with _subscription(task_id) as topic:
        seq, must_read = after, True
        while True:
            batch = topic.after(seq)
            if not batch and (must_read or topic.latest > seq):
                batch, is_over = await _catch_up(task_id, seq)
                if is_over:
                    return
            if batch:
                yield batch
                seq = batch[-1]["seq"]
                must_read = len(batch) == PAGE or is_final(batch[-1])
            elif topic.latest <= seq:
                must_read = not await topic.news()
                if must_read:
                    yield []


@partial(database_sync_to_async, thread_sensitive=False)
def _catch_up(task_id: UUID, seq: int) -> tuple[list[EventPayload], bool]:
    """What the database has after `seq`, and whether nothing more will come."""
    batch = events.since(task_id, seq, PAGE)
    if batch:
        return batch, False
    task = TaskState.objects.only("state", "last_seq").filter(pk=task_id).first()
    return [], task is None or (task.is_finished and task.last_seq <= seq)
