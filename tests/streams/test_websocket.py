"""The WebSocket `/tasks/{id}/watch`, on a real server."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from websockets.asyncio.client import ClientConnection

from tests.streams.watching import (
    Event,
    Server,
    Waiting,
    close_code,
    is_gapless,
    is_waiting,
    received,
)

pytestmark = pytest.mark.services


async def until_waiting(socket: ClientConnection) -> list[Event]:
    """The events up to the one that says that the task waits."""
    events: list[Event] = []
    while not events or not is_waiting(events[-1]):
        events.append(json.loads(await socket.recv()))
    return events


async def test_a_socket_replays_and_follows_and_closes(server: Server, waiting: Waiting) -> None:
    async with server.socket(waiting.id) as socket:
        events = await until_waiting(socket)
        waiting.let_go()
        events += await received(socket)
    assert is_gapless(events)
    assert (events[-1]["type"], events[-1]["state"]) == ("state", "SUCCESS")
    assert events == server.history(waiting.id)


async def test_a_socket_resumes_after_the_last_event_that_was_seen(server: Server) -> None:
    task_id = server.submit("test-seven")
    async with server.socket(task_id) as socket:
        events = await received(socket)
    for query, expected in [
        ("?after=4", events[4:]),
        (f"?after={len(events)}", []),
        ("/?after=4", events[4:]),
    ]:
        async with server.socket(task_id, query) as socket:
            assert await received(socket) == expected


@pytest.mark.parametrize("stop", ["STOP", " STOP\n", '{"type": "stop"}'])
async def test_a_stop_cancels(server: Server, waiting: Waiting, stop: str) -> None:
    async with server.socket(waiting.id) as socket:
        events = await until_waiting(socket)
        await socket.send(stop)
        events += await received(socket)
    assert events[-1]["state"] == "CANCELLED"
    assert is_gapless(events)
    task = server.client.get(f"/tasks/{waiting.id}").json()
    assert (task["state"], task["cancel_requested"]) == ("CANCELLED", True)


async def test_two_stops_are_one(server: Server, waiting: Waiting) -> None:
    async with server.socket(waiting.id) as socket:
        events = await until_waiting(socket)
        await socket.send("STOP")
        await socket.send("STOP")
        events += await received(socket)
    asked = [event for event in events if "asked for this task" in event["message"]]
    assert len(asked) == 1


async def test_whatever_else_is_sent_changes_nothing(server: Server, waiting: Waiting) -> None:
    async with server.socket(waiting.id) as socket:
        events = await until_waiting(socket)
        await socket.send(b"STOP")
        for message in ["stop it", "{}", "[]", '{"type": "go"}', "[" * 50_000, ""]:
            await socket.send(message)
        await (await socket.ping())
        waiting.let_go()
        events += await received(socket)
    assert events[-1]["state"] == "SUCCESS"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nonsense"}, {"Cookie": "sessionid=x"}]
)
async def test_nobody_watches_without_authentication(
    server: Server, waiting: Waiting, headers: dict[str, str]
) -> None:
    async with server.socket(waiting.id, headers=headers) as socket:
        assert await close_code(socket) == 4401


async def test_somebody_elses_task_looks_like_one_that_is_not_there(
    server: Server, waiting: Waiting, stranger_token: str
) -> None:
    headers = {"Authorization": f"Bearer {stranger_token}"}
    for task_id in (waiting.id, str(uuid4())):
        async with server.socket(task_id, headers=headers) as socket:
            assert await close_code(socket) == 4404


@pytest.mark.parametrize("task_id", ["5", "x" * 36, "-" * 36, "a/b"])
async def test_a_malformed_id_is_an_unknown_task(server: Server, task_id: str) -> None:
    async with server.socket(task_id) as socket:
        assert await close_code(socket) == 4404


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30])
async def test_an_after_that_is_no_number_is_refused(
    server: Server, waiting: Waiting, after: str
) -> None:
    async with server.socket(waiting.id, f"?after={after}") as socket:
        assert await close_code(socket) == 4400


async def test_a_session_may_watch_from_our_own_pages(server: Server, session_cookie: str) -> None:
    headers = {"Cookie": session_cookie, "Origin": server.base_url}
    async with server.socket(server.submit("test-seven"), headers=headers) as socket:
        assert is_gapless(await received(socket))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_session_may_not_watch_from_elsewhere(
    server: Server, session_cookie: str, waiting: Waiting, origin: str
) -> None:
    headers = {"Cookie": session_cookie, "Origin": origin}
    async with server.socket(waiting.id, headers=headers) as socket:
        assert await close_code(socket) == 4401


async def test_a_token_may_watch_from_anywhere(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.token}", "Origin": "https://app.example"}
    async with server.socket(server.submit("test-seven"), headers=headers) as socket:
        assert is_gapless(await received(socket))
