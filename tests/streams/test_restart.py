"""A web server that is stopped for a deploy: watchers are told to come back, and miss nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.engine.waiting import eventually
from tests.stack import Stack
from tests.streams.watching import Event, Server, Waiting, is_gapless, is_waiting, received

pytestmark = pytest.mark.services

SERVICE_RESTART = 1012


async def watch_until_it_breaks(server: Server, task_id: str, seen: asyncio.Event) -> list[Event]:
    """The events of a stream that the server ends too early."""
    events: list[Event] = []
    try:
        async for event in server.sse(task_id):
            events.append(json.loads(event.data))
            if is_waiting(events[-1]):
                seen.set()
    except httpx.RemoteProtocolError:
        pass
    return events


async def test_watchers_are_sent_away_to_come_back_and_go_on_where_they_were(
    stack: Stack, server: Server, waiting: Waiting
) -> None:
    seen = asyncio.Event()
    stream = asyncio.create_task(watch_until_it_breaks(server, waiting.id, seen))
    async with asyncio.timeout(90), server.socket(waiting.id) as socket:
        events = [json.loads(await socket.recv())]
        while not is_waiting(events[-1]):
            events.append(json.loads(await socket.recv()))
        await seen.wait()
        of = stack.pid("web")
        os.kill(of, signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert socket.close_code == SERVICE_RESTART
        streamed = await stream
    await asyncio.to_thread(stack.wait_for_restart, "web", of)
    await asyncio.to_thread(eventually, lambda: answers(server), seconds=30)
    waiting.let_go()
    async with server.socket(waiting.id, f"?after={events[-1]['seq']}") as socket:
        events += await received(socket)
    last_id = {"Last-Event-ID": str(streamed[-1]["seq"])}
    async for event in server.sse(waiting.id, headers=last_id):
        streamed.append(json.loads(event.data))
    assert is_gapless(events)
    assert events == streamed == server.history(waiting.id)


def answers(server: Server) -> bool:
    """Whether the web server is there again."""
    try:
        return server.client.get("/healthz").is_success
    except httpx.TransportError:
        return False
