"""Watches one task from its submission to its end, through every outage."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator

import httpx
from websockets.exceptions import WebSocketException

from tasks.states import FINISHED
from tests.streams.watching import Event, Server

PAUSE = 0.2
OUTAGES = (httpx.HTTPError, WebSocketException, OSError, TimeoutError, EOFError)


class Follower:
    """A watcher that reconnects with the last `seq` that it has, by SSE or WebSocket as it comes.

    `events` is all it was ever sent, in the order of arrival.
    """

    def __init__(self, server: Server, task_id: str, dice: random.Random) -> None:
        self.task_id = task_id
        self.events: list[Event] = []
        self.connections = 0
        self._server = server
        self._dice = dice
        self._settled = asyncio.Event()

    def settle(self) -> None:
        """Nobody will retry the task any more: the next end is the last."""
        self._settled.set()

    async def follow(self) -> None:
        """Watch until the task has settled and the server has sent everything."""
        while True:
            settled = self._settled.is_set()
            complete = await self._connect_once()
            if settled and complete and self.events and is_end(self.events[-1]):
                return
            await asyncio.sleep(PAUSE)

    async def _connect_once(self) -> bool:
        """One connection: whether it was the server that ended it, and regularly."""
        self.connections += 1
        patience = self._dice.choice((3, 30, 1000))
        stream = self._dice.choice((self._over_sse, self._over_socket))()
        try:
            async for event in stream:
                self.events.append(event)
                patience -= 1
                if not patience:
                    return False
        except OUTAGES:
            return False
        finally:
            await stream.aclose()
        return True

    @property
    def _after(self) -> int:
        return self.events[-1]["seq"] if self.events else 0

    async def _over_sse(self) -> AsyncGenerator[Event]:
        async for event in self._server.sse(self.task_id, after=self._after):
            yield json.loads(event.data)

    async def _over_socket(self) -> AsyncGenerator[Event]:
        async with self._server.socket(self.task_id, f"?after={self._after}") as socket:
            async for message in socket:
                yield json.loads(message)
            if socket.close_code != 1000:
                raise ConnectionError(f"closed with {socket.close_code}")


def is_end(event: Event) -> bool:
    """Whether the task is finished with this event, until somebody retries it."""
    return event["type"] == "state" and event["state"] in FINISHED
