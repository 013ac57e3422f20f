"""Watchers of a task on the running stack: over SSE, and over the WebSocket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import EventSource, ServerSentEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Event = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """Where the stack is, and how its staff user calls it."""

    base_url: str
    token: str
    client: httpx.Client

    def submit(self, workflow: str, **params: Any) -> str:
        """Start a task; returns its id."""
        response = self.client.post("/tasks", json={"workflow": workflow, "params": params})
        assert response.status_code == 202, response.text
        task_id: str = response.json()["task_id"]
        return task_id

    def history(self, task_id: str) -> list[Event]:
        """Every event of the task so far, as the database has it."""
        events: list[Event] = []
        after: int | None = 0
        while after is not None:
            page = self.client.get(f"/tasks/{task_id}/events", params={"after": after}).json()
            events += page["results"]
            after = page["next"]
        return events

    @asynccontextmanager
    async def stream(
        self,
        task_id: str,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> AsyncIterator[httpx.Response]:
        """An open SSE stream, not yet read."""
        asked = {"Accept": "text/event-stream", "Authorization": f"Bearer {token or self.token}"}
        async with (
            httpx.AsyncClient(base_url=self.base_url, timeout=30, trust_env=False) as client,
            client.stream(
                "GET",
                f"/tasks/{task_id}/events",
                params=query,
                headers={**asked, **(headers or {})},
            ) as response,
        ):
            yield response

    async def sse(self, task_id: str, **more: Any) -> AsyncIterator[ServerSentEvent]:
        """The events of an SSE stream, until the server closes it."""
        async with self.stream(task_id, **more) as response:
            async for event in EventSource(response).aiter_sse():
                # By the standard, no data is no event; httpx-sse makes one of each comment.
                if event.data:
                    yield event

    @asynccontextmanager
    async def socket(
        self, task_id: str, query: str = "", headers: dict[str, str] | None = None
    ) -> AsyncIterator[ClientConnection]:
        """An open WebSocket; with the staff user's token unless other headers are given."""
        url = f"{self.base_url.replace('http', 'ws', 1)}/tasks/{task_id}/watch{query}"
        asked = {"Authorization": f"Bearer {self.token}"} if headers is None else headers
        # A handshake may take long when a hundred of them come at once to a busy machine. And a
        # client whose queue is full reads no answer to its good-bye: so the queue has no bound.
        options: Any = {"proxy": None, "open_timeout": 60, "max_queue": None}
        async with connect(url, additional_headers=asked, **options) as connection:
            yield connection


class Waiting:
    """A task of the workflow `test-file`: it runs until `let_go` is called."""

    def __init__(self, server: Server, directory: Path) -> None:
        self._file = directory / "go"
        trace = directory / "trace"
        self.id = server.submit("test-file", file=str(self._file), trace=str(trace))

    def let_go(self) -> None:
        self._file.touch()


async def received(socket: ClientConnection) -> list[Event]:
    """Every event until the server closes the socket, which must say that there is no more."""
    events = [json.loads(message) async for message in socket]
    assert socket.close_code == 1000
    return events


async def close_code(socket: ClientConnection) -> int | None:
    """The code with which the server closes the socket, instead of sending anything."""
    try:
        message = await socket.recv()
    except ConnectionClosed:
        return socket.close_code
    raise AssertionError(f"The server sent {message!r} instead of closing.")


def is_waiting(event: Event) -> bool:
    """Whether the step of `Waiting` that waits has begun."""
    return event["type"] == "step" and event["step"] == "wait"


def is_gapless(events: list[Event], first: int = 1) -> bool:
    """Whether each event is there once, in order."""
    return [event["seq"] for event in events] == list(range(first, first + len(events)))
