"""Asks an agent of AgentForge over its API."""

from __future__ import annotations

import time
from typing import Any

import httpx

from agents.cli.asking.answers import Answer
from agents.cli.failure import Failure
from agents.cli.surroundings import Platform

TIMEOUT = 30.0
ATTEMPTS = 4
LONGEST_WAIT = 30.0
"""Seconds, also where Retry-After asks for more."""


class PlatformAgent:
    """An agent as somebody who can be asked.

    Raises:
        Failure: there is no such agent for this user, or the API does not answer.
    """

    def __init__(self, client: httpx.Client, agent_id: str) -> None:
        self._client = client
        self._path = f"/agents/{agent_id}"
        self.name = str(self._call("GET", self._path).get("name") or agent_id)

    def ask(self, question: str) -> Answer:
        given = self._call("POST", f"{self._path}/ask", json={"question": question})
        citations = [{"agent": self.name, **citation} for citation in given["citations"]]
        return Answer(self.name, given["answer"], tuple(citations))

    def _call(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._client.request(method, path, **content)
            except httpx.HTTPError as error:
                reason, wait = type(error).__name__, 2.0**attempt
            else:
                if response.is_success:
                    return response.json()
                reason, wait = f"it answers {response.status_code}", _wait(response, attempt)
                if response.status_code not in (429, 502, 503, 504):
                    break
            if attempt < ATTEMPTS:
                time.sleep(min(wait, LONGEST_WAIT))
        raise Failure(
            f"{str(self._client.base_url).rstrip('/')}{path} cannot be asked: {reason}. "
            "Check AGENTFORGE_URL, AGENTFORGE_TOKEN and AGENTFORGE_AGENTS."
        )


def client_of(platform: Platform) -> httpx.Client:
    """Connections to the installation, for all its agents."""
    headers = {"Authorization": f"Bearer {platform.token}"}
    return httpx.Client(base_url=platform.url, headers=headers, timeout=TIMEOUT)


def _wait(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdigit() else 2.0**attempt
