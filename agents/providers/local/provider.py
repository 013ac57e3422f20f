"""The provider that needs nothing but this installation's own database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.knowledge.answer import answer
from agents.knowledge.evidence import Source
from agents.knowledge.grams import grams_of
from agents.knowledge.terms import query_terms
from agents.providers.base import (
    AgentSpec,
    Answer,
    Citation,
    KnowledgeItem,
    ProviderError,
    SearchHit,
)
from agents.providers.local.asked import Asked, ask_index
from agents.providers.local.models import LocalAgent, LocalPassage
from agents.providers.local.search import ranked
from agents.rows import insert_each

SOURCES_OF_AN_ANSWER = 30
DELETED_AT_ONCE = 500


class LocalProvider:
    """See `agents.providers.base.Provider`."""

    name = "local"

    def create(self, spec: AgentSpec) -> str:
        agent, _ = LocalAgent.objects.update_or_create(
            reference=spec.reference, defaults=_columns(spec)
        )
        return str(agent.id)

    def find(self, reference: UUID) -> str | None:
        agent = LocalAgent.objects.filter(reference=reference).first()
        return str(agent.id) if agent else None

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        agents = LocalAgent.objects.filter(id=_uuid(provider_agent_id))
        if not agents.update(**_columns(spec)):
            raise _unknown(provider_agent_id)

    def upload(self, provider_agent_id: str, items: Sequence[KnowledgeItem]) -> None:
        agent = _agent(provider_agent_id)
        if agent.passage_count is not None:
            LocalAgent.objects.filter(id=agent.id).update(passage_count=None)
        _store(agent, items)

    def count(self, provider_agent_id: str) -> int:
        agent = _agent(provider_agent_id)
        counted = LocalPassage.objects.count_anew(agent)
        LocalAgent.objects.filter(id=agent.id, version=agent.version).update(passage_count=counted)
        return counted

    def stage(
        self,
        provider_agent_id: str,
        version: int,
        *,
        added: Sequence[KnowledgeItem] = (),
        removed: Sequence[int] = (),
    ) -> None:
        agent = _agent(provider_agent_id)
        _store(agent, added, since=version)
        LocalPassage.objects.filter(agent=agent, chunk_id__in=removed).update(until=version)

    def publish(self, provider_agent_id: str, version: int) -> None:
        agent = _agent(provider_agent_id)
        agent.version = version
        agent.passage_count = LocalPassage.objects.count_anew(agent)
        agent.published_at = timezone.now()
        agent.save(update_fields=["version", "passage_count", "published_at"])

    def discard(self, provider_agent_id: str, version: int) -> None:
        staged = LocalPassage.objects.filter(
            agent=_uuid(provider_agent_id), agent__version__lt=version
        )
        added = staged.filter(since__gte=version).values_list("pk", flat=True)
        while batch := list(added[:DELETED_AT_ONCE]):
            LocalPassage.objects.filter(pk__in=batch).delete()
        removed = staged.filter(until__gte=version).values_list("pk", flat=True)
        while batch := list(removed[:DELETED_AT_ONCE]):
            LocalPassage.objects.filter(pk__in=batch).update(until=None)

    def delete(self, provider_agent_id: str) -> None:
        agent_id = _uuid(provider_agent_id)
        # Many passages in one transaction would keep everybody else waiting for their turn.
        ids = LocalPassage.objects.filter(agent=agent_id).values_list("pk", flat=True)
        while batch := list(ids[:DELETED_AT_ONCE]):
            LocalPassage.objects.filter(pk__in=batch).delete()
        LocalAgent.objects.filter(id=agent_id).delete()

    def search(self, provider_agent_id: str, query: str, limit: int) -> list[SearchHit]:
        agent = _agent(provider_agent_id)
        asked = ask_index(agent, query_terms(query))
        return _hits(agent, asked, limit)

    def ask(self, provider_agent_id: str, question: str) -> Answer:
        agent = _agent(provider_agent_id)
        asked = ask_index(agent, query_terms(question))
        hits = _hits(agent, asked, SOURCES_OF_AN_ANSWER)
        sources = [
            Source(hit.text, hit.title, tuple(hit.heading_path), hit.score, hit.chunk_id)
            for hit in hits
        ]
        found = answer(question, sources, asked.frequencies, asked.total)
        return Answer(
            found.text,
            [_citation(hits[quote.source], quote.text) for quote in found.quotes],
        )


def _store(agent: LocalAgent, items: Sequence[KnowledgeItem], since: int | None = None) -> None:
    """Write the items, each once, as part of the versions from `since` on."""
    insert_each(
        [
            LocalPassage(
                agent=agent,
                chunk_id=item.chunk_id,
                url=item.url,
                title=item.title,
                headings="\n".join(item.heading_path),
                text=item.text,
                grams=grams_of(item.title, *item.heading_path, item.text),
                since=since,
            )
            for item in items
        ],
        unique=["agent", "chunk_id"],
        overwrite=["url", "title", "headings", "text", "grams", "since"],
    )


def _columns(spec: AgentSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "description": spec.description,
        "system_prompt": spec.system_prompt,
        "starter_questions": list(spec.starter_questions),
    }


def _hits(agent: LocalAgent, asked: Asked, limit: int) -> list[SearchHit]:
    return [
        SearchHit(
            chunk_id=passage.chunk_id,
            url=passage.url,
            title=passage.title,
            heading_path=passage.heading_path,
            text=passage.text,
            score=score,
        )
        for passage, score in ranked(agent, asked, limit)
    ]


def _citation(hit: SearchHit, quote: str) -> Citation:
    return Citation(hit.chunk_id, hit.url, hit.title, hit.heading_path, quote)


def _agent(provider_agent_id: str) -> LocalAgent:
    agent = LocalAgent.objects.filter(id=_uuid(provider_agent_id)).first()
    if agent is None:
        raise _unknown(provider_agent_id)
    return agent


def _unknown(provider_agent_id: str) -> ProviderError:
    return ProviderError(
        f"The local provider has no agent {provider_agent_id!r}. Build it again.", permanent=True
    )


def _uuid(provider_agent_id: str) -> UUID:
    try:
        return UUID(provider_agent_id)
    except ValueError as error:
        raise ProviderError(
            f"{provider_agent_id!r} is no id of the local provider. Build the agent again.",
            permanent=True,
        ) from error
