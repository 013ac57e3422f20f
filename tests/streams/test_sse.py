"""`GET /tasks/{id}/events` as a stream, from a real server."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest

from tests.streams.watching import Event, Server, Waiting, is_gapless, is_waiting

pytestmark = pytest.mark.services


async def watch(server: Server, task_id: str, **more: object) -> list[Event]:
    """Every event until the server closes the stream."""
    return [json.loads(event.data) async for event in server.sse(task_id, **more)]


async def test_a_stream_follows_from_the_first_event_to_the_final_one(server: Server) -> None:
    task_id = server.submit("test-seven")
    events = await watch(server, task_id)
    assert is_gapless(events)
    assert (events[-1]["state"], events[-1]["percent"]) == ("SUCCESS", 100)
    assert events == server.history(task_id)


async def test_each_event_has_its_id_and_its_type(server: Server) -> None:
    task_id = server.submit("test-count", units=5)
    async for event in server.sse(task_id):
        data = json.loads(event.data)
        assert (event.id, event.event) == (str(data["seq"]), data["type"])


async def test_the_stream_is_never_cached_or_buffered(server: Server) -> None:
    async with server.stream(server.submit("test-seven")) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert "no-cache" in response.headers["Cache-Control"]
        assert response.headers["X-Accel-Buffering"] == "no"


async def test_a_stream_resumes_after_the_last_event_that_was_seen(server: Server) -> None:
    task_id = server.submit("test-seven")
    events = await watch(server, task_id)
    assert await watch(server, task_id, after=4) == events[4:]
    assert await watch(server, task_id, headers={"Last-Event-ID": "4"}) == events[4:]
    # The browser's header is newer than the address that it was once given.
    assert await watch(server, task_id, after=1, headers={"Last-Event-ID": "4"}) == events[4:]


async def test_a_finished_tasks_stream_replays_and_closes(server: Server) -> None:
    task_id = server.submit("test-seven")
    events = await watch(server, task_id)
    assert await watch(server, task_id) == events
    assert await watch(server, task_id, after=len(events)) == []
    assert await watch(server, task_id, after=len(events) + 100) == []


async def test_whoever_joins_in_the_middle_gets_the_same_events(
    server: Server, waiting: Waiting
) -> None:
    early: list[Event] = []
    late: asyncio.Task[list[Event]] | None = None
    async for event in server.sse(waiting.id):
        early.append(json.loads(event.data))
        if late is None and is_waiting(early[-1]):
            late = asyncio.create_task(watch(server, waiting.id))
            waiting.let_go()
    assert late
    assert await late == early
    assert is_gapless(early)


async def test_a_retried_tasks_stream_goes_on_past_the_earlier_final_event(
    server: Server,
) -> None:
    task_id = server.submit("test-hopeless")
    first = await watch(server, task_id)
    assert first[-1]["state"] == "FAILED"
    assert server.client.post(f"/tasks/{task_id}/retry").status_code == 202
    both = await watch(server, task_id)
    assert is_gapless(both)
    assert both[: len(first)] == first
    assert both[len(first)]["state"] == "QUEUED"
    assert both[-1]["state"] == "FAILED"


async def test_a_cancelled_tasks_stream_ends_with_the_event_that_says_so(
    server: Server, waiting: Waiting
) -> None:
    events: list[Event] = []
    async for event in server.sse(waiting.id):
        events.append(json.loads(event.data))
        if is_waiting(events[-1]) and len(events) == events[-1]["seq"]:
            await asyncio.to_thread(server.client.delete, f"/tasks/{waiting.id}")
    assert (events[-1]["type"], events[-1]["state"]) == ("state", "CANCELLED")
    assert is_gapless(events)


async def test_a_stream_that_may_not_be_seen_is_refused_in_json(
    server: Server, stranger_token: str, waiting: Waiting
) -> None:
    for task_id, token, status in [
        (waiting.id, "nonsense", 401),
        (waiting.id, stranger_token, 404),
        (str(uuid4()), server.token, 404),
    ]:
        async with server.stream(task_id, token=token) as response:
            await response.aread()
        assert response.status_code == status
        assert response.json()["errors"][0]["detail"]
