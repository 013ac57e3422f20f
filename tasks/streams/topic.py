"""One task that this process has watchers for: its latest events, read or heard once for all.

What the channel layer tells is taken where it continues what is there. The rest is read from the
database: the channel layer may lose messages, the history does not.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from uuid import UUID

from tasks.events import WireEvent
from tasks.streams import reading
from tasks.streams.reading import Position
from tasks.streams.tail import Tail

logger = logging.getLogger(__name__)

SUBSCRIBE_TIMEOUT = 1.0
"""Seconds after which the history is read although the channel layer has not answered."""
RETRY_INTERVAL = 2.0
"""Seconds between two tries to reach a database that does not answer."""


class Topic:
    """The latest events of one task, for every watcher of this process.

    Args:
        task_id: which task.
        after: the first watcher's position. What comes before it is not read for its sake.

    Attributes:
        watchers: how many there are; `hub` counts them.
        is_over: whether the task has ended, and every event of it is here.
        subscribed: set once the channel layer tells this process of the task's events.
    """

    def __init__(self, task_id: UUID, after: int) -> None:
        self.task_id = task_id
        self.watchers = 0
        self.is_over = False
        self.subscribed = asyncio.Event()
        self._first_after = after
        self._tail: Tail | None = None
        self._look_wanted = asyncio.Event()
        self._news = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep_up(), context=Context())

    def close(self) -> None:
        """Stop reading: nobody watches any more."""
        self._keeper.cancel()

    def hear(self, heard: list[WireEvent]) -> None:
        """Take what the channel layer tells, or find out what is missing before it."""
        is_whole = self._tail is not None and self._tail.hear(heard)
        self._wake()
        # After the final event the task is over, unless somebody has retried it meanwhile.
        if not is_whole or any(event.is_final for event in heard):
            self.look()

    def look(self) -> None:
        """Have the database read as soon as it can be."""
        self._look_wanted.set()

    def compare(self, position: Position | None) -> None:
        """Look into the database if it says something else than what is here.

        If it does not, wake the watchers all the same, so that they notice the silence.
        """
        if self._tail and position == Position(self._tail.last, is_finished=False):
            self._wake()
        else:
            self.look()

    async def after(self, seq: int) -> list[WireEvent]:
        """The next events after `seq`; none if there are none yet.

        Whoever has fallen behind what is in memory gets a page of the history.
        """
        while self._tail is None and not self.is_over:
            await self._news.wait()
        if self._tail is None:
            return []
        if seq < self._tail.floor and (page := await reading.page(self.task_id, seq)):
            return page
        return self._tail.after(seq, reading.PAGE)

    async def news(self, seq: int) -> bool:
        """Until there is something after `seq` or the task is over; False for a sign of life."""
        if not self._has_news(seq):
            await self._news.wait()
        return self._has_news(seq)

    def _has_news(self, seq: int) -> bool:
        return self.is_over or (self._tail is not None and self._tail.last > seq)

    async def _keep_up(self) -> None:
        await self._until_subscribed()
        while not self.is_over:
            self._look_wanted.clear()
            await self._look()
            self._wake()
            if not self.is_over:
                await self._look_wanted.wait()

    async def _until_subscribed(self) -> None:
        try:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT):
                await self.subscribed.wait()
        except TimeoutError:
            logger.warning("The channel layer does not answer. Watchers of %s poll.", self.task_id)

    async def _look(self) -> None:
        try:
            await self._read()
        except Exception as error:
            logger.warning("Watchers of %s wait for the database: %r", self.task_id, error)
            await asyncio.sleep(RETRY_INTERVAL)
            self.look()

    async def _read(self) -> None:
        position = (await reading.positions([self.task_id])).get(self.task_id)
        if position is None:
            self.is_over = True
            return
        tail = self._tail or Tail(self._first_floor(position.last_seq))
        if tail.last < position.last_seq:
            found = await reading.page(self.task_id, tail.last)
            tail.read(found)
            if found and tail.last < position.last_seq:
                self.look()
        self._tail = tail
        self.is_over = position == Position(tail.last, is_finished=True)

    def _first_floor(self, last_seq: int) -> int:
        return max(min(self._first_after, last_seq), last_seq - reading.PAGE)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
