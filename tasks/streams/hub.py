"""This process's one line to the channel layer, for all the tasks that it has watchers for.

What is wanted (a topic for each watched task) and what stands (the groups joined so far) are kept
apart, and one loop brings them together. So whatever fails is tried again, and nothing is left
behind: not in the channel layer either, which forgets a group whose leaving has failed, but not
the subscription.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any
from uuid import UUID, uuid4

from channels.layers import get_channel_layer

from tasks.events import WireEvent, group_name
from tasks.streams import reading
from tasks.streams.topic import Topic

logger = logging.getLogger(__name__)

POLL_INTERVAL = 2.0
"""Seconds between two looks for what nobody told of: one query, whatever is watched."""
RETRY_INTERVAL = 2.0
"""Seconds between two tries to reach a channel layer that does not answer."""


class Hub:
    """The topics of one event loop, and the loops that keep them informed."""

    def __init__(self) -> None:
        self.topics: dict[UUID, Topic] = {}
        self.joined: set[UUID] = set()
        self._layer: Any = get_channel_layer()
        # One name for ever: a channel that is made anew on each try would stay on each failure.
        self._channel = f"watchers.{uuid4().hex}"
        self._changed = asyncio.Event()
        loops = (self._receive, self._join_and_leave, self._poll)
        self._loops = [_for_ever(loop) for loop in loops]

    @contextmanager
    def watching(self, task_id: UUID, after: int) -> Iterator[Topic]:
        """The task's topic, for one watcher that has seen the events up to `after`."""
        topic = self.topics.get(task_id)
        if topic is None or topic.is_over:
            # One that is over stays so, though the task may have been retried.
            topic = self.topics[task_id] = Topic(task_id, after)
            self._changed.set()
        topic.watchers += 1
        try:
            yield topic
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                self._drop(topic)

    def _drop(self, topic: Topic) -> None:
        topic.close()
        if self.topics.get(topic.task_id) is topic:
            del self.topics[topic.task_id]
            self._changed.set()

    async def _receive(self) -> None:
        message = await self._layer.receive(self._channel)
        if topic := self.topics.get(UUID(message["task_id"])):
            topic.hear([WireEvent(*event) for event in message["events"]])

    async def _join_and_leave(self) -> None:
        await self._changed.wait()
        self._changed.clear()
        try:
            for task_id in self.joined - self.topics.keys():
                await self._leave(task_id)
            for topic in [topic for topic in self.topics.values() if not topic.subscribed.is_set()]:
                await self._join(topic)
        except Exception:
            self._changed.set()
            raise

    async def _join(self, topic: Topic) -> None:
        self.joined.add(topic.task_id)
        await self._layer.group_add(group_name(topic.task_id), self._channel)
        topic.subscribed.set()
        topic.look()

    async def _leave(self, task_id: UUID) -> None:
        # Leaving again after a failure would do nothing, were the group not joined again before.
        await self._layer.group_add(group_name(task_id), self._channel)
        await self._layer.group_discard(group_name(task_id), self._channel)
        self.joined.discard(task_id)

    async def _poll(self) -> None:
        await asyncio.sleep(POLL_INTERVAL)
        if self.topics:
            positions = await reading.positions(list(self.topics))
            for task_id, topic in list(self.topics.items()):
                topic.compare(positions.get(task_id))


def _for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
    """Do `work` again and again, also after it has failed, without the context of the caller."""

    async def loop() -> None:
        this_task = asyncio.current_task()
        # redis-py may swallow a cancellation that comes while it waits for an answer.
        while this_task and not this_task.cancelling():
            try:
                await work()
            except Exception as error:
                logger.warning("Watchers poll the database until this works: %r", error)
                await asyncio.sleep(RETRY_INTERVAL)

    return asyncio.create_task(loop(), context=Context())


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop. A process that serves has one."""
    loop = asyncio.get_running_loop()
    return _hubs.get(loop) or _hubs.setdefault(loop, Hub())
