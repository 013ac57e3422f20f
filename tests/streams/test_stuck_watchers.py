"""Watchers that are connected and take nothing: they cost nobody anything, and not for long."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
import redis

from tasks.events import group_name
from tests.engine.waiting import eventually
from tests.stack import Stack
from tests.streams.watching import Server, is_gapless, received

pytestmark = pytest.mark.services

LINES, LENGTH = 100, 100_000
"""Ten megabytes: more than the kernel buffers for a connection."""
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
REQUESTS = {
    "socket": ("watch", UPGRADE),
    "stream": ("events", "Accept: text/event-stream\r\n"),
}


@contextmanager
def stuck_watcher(server: Server, task_id: str, kind: str) -> Iterator[None]:
    """A connection that asks to watch, and never reads."""
    address = urlsplit(server.base_url)
    path, headers = REQUESTS[kind]
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((address.hostname, address.port))
        connection.sendall(
            f"GET /tasks/{task_id}/{path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {server.token}\r\n{headers}\r\n".encode()
        )
        yield


def is_watched(stack: Stack, task_id: str) -> bool:
    """Whether the web server listens for the task's events."""
    with redis.Redis.from_url(stack.redis_url()) as client:
        channel = f"agentforge__group__{group_name(task_id)}"
        ((_, subscribers),) = client.pubsub_numsub(channel)
        return bool(subscribers)


@pytest.mark.parametrize("kind", REQUESTS)
async def test_a_watcher_that_does_not_read_holds_up_nobody_and_is_hung_up_on(
    stack: Stack, server: Server, kind: str
) -> None:
    task_id = server.submit("test-talk", lines=LINES, length=LENGTH)
    with stuck_watcher(server, task_id, kind):
        await asyncio.to_thread(eventually, lambda: is_watched(stack, task_id))
        async with asyncio.timeout(60), server.socket(task_id) as reading:
            events = await received(reading)
        assert is_gapless(events)
        assert sum(len(json.dumps(event)) for event in events) > LINES * LENGTH
        # The stuck connection still stands on this side; left to itself it would do so for ever.
        await asyncio.to_thread(eventually, lambda: not is_watched(stack, task_id), seconds=60)
