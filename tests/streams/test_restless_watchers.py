"""Watchers that leave and come back at random moments, over either protocol."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from tests.streams.watching import Event, Server, is_gapless

pytestmark = pytest.mark.services

WATCHERS = 40
LONGEST_STAY = 12
"""Events that a watcher takes before it leaves, at most."""


class RestlessWatcher:
    """Watches a task to its end, a few events at a time, by turns over a socket and a stream."""

    def __init__(self, server: Server, task_id: str, chance: random.Random) -> None:
        self._server, self._task_id, self._chance = server, task_id, chance
        self.events: list[Event] = []
        self.visits = 0

    async def watch(self) -> list[Event]:
        while not self._has_seen_the_end():
            self.visits += 1
            visit = self._chance.choice([self._by_socket, self._by_stream])
            await visit(self._chance.randrange(LONGEST_STAY))
        return self.events

    def _has_seen_the_end(self) -> bool:
        return bool(self.events) and self.events[-1]["state"] == "SUCCESS"

    async def _by_socket(self, stay: int) -> None:
        async with self._server.socket(self._task_id, f"?after={self._last()}") as socket:
            async for message in socket:
                self.events.append(json.loads(message))
                if (stay := stay - 1) < 0:
                    return

    async def _by_stream(self, stay: int) -> None:
        headers = {"Last-Event-ID": str(self._last())}
        async with self._server.stream(self._task_id, headers=headers) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    self.events.append(json.loads(line.removeprefix("data: ")))
                    if (stay := stay - 1) < 0:
                        return

    def _last(self) -> int:
        return int(self.events[-1]["seq"]) if self.events else 0


async def test_each_of_them_ends_with_every_event_once_in_order(server: Server) -> None:
    task_id = server.submit("test-count", units=40, pause=0.15)
    chance = random.Random(3)
    watchers = [
        RestlessWatcher(server, task_id, random.Random(chance.random())) for _ in range(WATCHERS)
    ]
    async with asyncio.timeout(120):
        histories = await asyncio.gather(*(watcher.watch() for watcher in watchers))
    assert sum(watcher.visits for watcher in watchers) > 2 * WATCHERS
    assert is_gapless(histories[0])
    assert all(history == histories[0] for history in histories)
