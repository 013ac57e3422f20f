"""A channel layer that goes away under its watchers.

The stack needs seconds to be wholly itself again, so this file is the last one by its name.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.engine.waiting import eventually
from tests.stack import Stack
from tests.streams.audience import Audience
from tests.streams.watching import Server, Waiting, is_gapless, received

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(
        bool(os.environ.get("REDIS_URL")), reason="only the embedded Valkey may be killed"
    ),
]


@contextmanager
def silent_channel_layer(stack: Stack) -> Iterator[None]:
    """It accepts connections, and answers nobody."""
    group = stack.pid("valkey")
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


async def test_a_socket_connects_and_replays_and_follows_without_the_channel_layer(
    stack: Stack, server: Server, waiting: Waiting
) -> None:
    def has_begun() -> bool:
        step: str = server.client.get(f"/tasks/{waiting.id}").json()["current_step"]
        return step == "wait"

    await asyncio.to_thread(eventually, has_begun)
    with silent_channel_layer(stack):
        async with asyncio.timeout(20), server.socket(waiting.id) as socket:
            events = [json.loads(await socket.recv())]
            waiting.let_go()
            events += await received(socket)
    assert events[-1]["state"] == "SUCCESS"
    assert is_gapless(events)


async def test_watchers_get_what_was_said_while_the_channel_layer_was_gone(
    stack: Stack, server: Server, waiting: Waiting
) -> None:
    audience = Audience(server, waiting.id)
    async with asyncio.timeout(60):
        watching = asyncio.create_task(audience.watch(sockets=2, streams=2))
        await audience.all_there.wait()
        of = stack.pid("valkey")
        stack.kill("valkey")
        # The request is answered from the database, and the watchers must find it there, too.
        await asyncio.to_thread(server.client.delete, f"/tasks/{waiting.id}")
        received = await watching
        await asyncio.to_thread(stack.wait_for_restart, "valkey", of)
    assert received[0][-1]["state"] == "CANCELLED"
    assert received == [server.history(waiting.id)] * 4
