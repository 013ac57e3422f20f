"""Many watchers of one task, and the moment from which all of them are watching."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from tests.streams.watching import Event, Server, is_waiting


class Audience:
    """Watchers that tell when all of them have seen the task wait."""

    def __init__(self, server: Server, task_id: str) -> None:
        self._server, self._task_id = server, task_id
        self._missing = 0
        self.all_there = asyncio.Event()

    async def watch(self, sockets: int, streams: int) -> list[list[Event]]:
        """What each of the watchers received, once the task has ended."""
        watchers: list[Callable[[], Awaitable[list[Event]]]] = [
            *[self._over_socket] * sockets,
            *[self._over_sse] * streams,
        ]
        self._missing = len(watchers)
        return await asyncio.gather(*(watcher() for watcher in watchers))

    async def _over_socket(self) -> list[Event]:
        events: list[Event] = []
        async with self._server.socket(self._task_id) as socket:
            async for message in socket:
                self._note(events, json.loads(message))
        return events

    async def _over_sse(self) -> list[Event]:
        events: list[Event] = []
        async for event in self._server.sse(self._task_id):
            self._note(events, json.loads(event.data))
        return events

    def _note(self, events: list[Event], event: Event) -> None:
        if is_waiting(event) and not any(map(is_waiting, events)):
            self._missing -= 1
            if not self._missing:
                self.all_there.set()
        events.append(event)
