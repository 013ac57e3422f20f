"""Two hundred watchers of one task."""

from __future__ import annotations

import asyncio

import pytest

from tests.streams.audience import Audience
from tests.streams.watching import Server, Waiting, is_gapless

pytestmark = pytest.mark.services

SOCKETS, STREAMS = 150, 50


async def test_two_hundred_watchers_get_every_event_once(server: Server, waiting: Waiting) -> None:
    audience = Audience(server, waiting.id)
    async with asyncio.timeout(60):
        watching = asyncio.create_task(audience.watch(SOCKETS, STREAMS))
        await audience.all_there.wait()
        waiting.let_go()
        received = await watching
    assert is_gapless(received[0])
    assert received[0][-1]["state"] == "SUCCESS"
    assert all(events == received[0] for events in received)
