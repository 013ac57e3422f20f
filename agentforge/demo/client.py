"""The few calls of the REST API that the demo makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import httpx
from httpx_sse import connect_sse

Json = dict[str, Any]

SILENCE = 60.0
"""Seconds. The event stream speaks at least every 15, so a longer silence is a fault."""


class ApiError(Exception):
    """The API refused a call, or could not be reached. The message says what it answered."""


class Client:
    """The API at `base_url` as the owner of `token` sees it. Use it as a context manager."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=SILENCE,
            trust_env=False,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()

    def build(self, name: str, url: str) -> Json:
        """Start to build an agent from a website: the queued task."""
        return self._call("POST", "/agents", {"name": name, "urls": [url]})

    def task(self, task_id: str) -> Json:
        """The task as it is now."""
        return self._call("GET", f"/tasks/{task_id}")

    def ask(self, agent_id: str, question: str) -> Json:
        """The agent's answer, with its citations."""
        return self._call("POST", f"/agents/{agent_id}/ask", {"question": question})

    def events(self, task_id: str) -> Iterator[Json]:
        """Every event of the task from the first on, as it happens, until the task is finished."""
        try:
            with connect_sse(self._http, "GET", f"/tasks/{task_id}/events") as stream:
                for event in stream.iter_sse():
                    # httpx-sse makes an empty event of the comments that keep the stream alive.
                    if event.data:
                        yield json.loads(event.data)
        except httpx.HTTPError as error:
            raise ApiError(f"The stream of events broke off: {error}.") from error

    def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        try:
            response = self._http.request(method, path, json=body)
            response.raise_for_status()
            answer: Json = response.json()
        except httpx.HTTPStatusError as error:
            raise ApiError(f"{method} {path}: {error.response.text}") from error
        except httpx.HTTPError as error:
            raise ApiError(f"{method} {path} got no answer: {error}.") from error
        return answer
