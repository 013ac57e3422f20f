"""The provider of the platform in `tests.outside.platform`, as a package of its own would have it.

It is named in AGENTFORGE_PROVIDERS, and finds its platform by OUTSIDE_URL.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import httpx

from agents.providers.base import (
    AgentSpec,
    Answer,
    Citation,
    KnowledgeItem,
    ProviderError,
    SearchHit,
)

NOT_FOUND = 404


class OutsideProvider:
    """See `agents.providers.base.Provider`."""

    name = "outside"

    def create(self, spec: AgentSpec) -> str:
        answer = self._ask("PUT", f"/agents/{spec.reference}", {"name": spec.name})
        return str(answer.json()["id"])

    def find(self, reference: UUID) -> str | None:
        answer = self._ask("GET", f"/agents/{reference}")
        return None if answer.status_code == NOT_FOUND else str(answer.json()["id"])

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        self._known(self._ask("PATCH", f"/agents/{provider_agent_id}", {"name": spec.name}))

    def upload(self, provider_agent_id: str, items: Sequence[KnowledgeItem]) -> None:
        self._known(self._ask("POST", f"/items/{provider_agent_id}", [asdict(i) for i in items]))

    def count(self, provider_agent_id: str) -> int:
        return len(self._items(provider_agent_id))

    def delete(self, provider_agent_id: str) -> None:
        self._ask("DELETE", f"/items/{provider_agent_id}")

    def search(self, provider_agent_id: str, query: str, limit: int) -> list[SearchHit]:
        words = query.lower().split()
        found = [
            SearchHit(**item, score=sum(word in item["text"].lower() for word in words))
            for item in self._items(provider_agent_id)
        ]
        return sorted(found, key=lambda hit: -hit.score)[:limit]

    def ask(self, provider_agent_id: str, question: str) -> Answer:
        hits = self.search(provider_agent_id, question, 1)
        return Answer(
            hits[0].text if hits else "I do not know.",
            [Citation(h.chunk_id, h.url, h.title, h.heading_path, h.text) for h in hits],
        )

    def _items(self, provider_agent_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._known(
            self._ask("GET", f"/items/{provider_agent_id}")
        ).json()
        return found

    def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        try:
            answer = httpx.request(
                method,
                f"{os.environ['OUTSIDE_URL']}{path}",
                json=body,
                # So that the platform can kill who asks.
                headers={"X-Process": str(os.getpid())},
                timeout=30,
                trust_env=False,
            )
        except httpx.TransportError as error:
            raise ProviderError("The platform could not be reached.", permanent=False) from error
        if answer.is_server_error:
            raise ProviderError("The platform failed.", permanent=False)
        return answer

    def _known(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == NOT_FOUND:
            raise ProviderError("The platform has no such agent. Build it again.", permanent=True)
        return answer
