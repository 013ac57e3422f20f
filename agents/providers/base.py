"""What a provider must be able to do. An agent lives at a provider: here, or somewhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable
from uuid import UUID

from agents.knowledge.passage_link import passage_link


class ProviderError(Exception):
    """The provider refused or failed.

    Args:
        message: what happened and what to do, in a sentence that a user may read.
        permanent: whether trying again is pointless. That alone decides about a retry.
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What a provider needs to know of an agent.

    `reference` is our own id of the agent. A repeated create must find the first by it.
    """

    reference: UUID
    name: str
    description: str
    system_prompt: str
    starter_questions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class KnowledgeItem:
    """One chunk on its way to a provider."""

    chunk_id: int
    url: str
    title: str
    heading_path: Sequence[str]
    text: str


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A passage that a search found; a higher score fits better."""

    chunk_id: int
    url: str
    title: str
    heading_path: list[str]
    text: str
    score: float

    @property
    def link(self) -> str | None:
        """Where a browser opens the page at the passage; None for what it cannot open."""
        return passage_link(self.url, self.text, self.heading_path)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a part of an answer stands, with the exact words."""

    chunk_id: int
    url: str
    title: str
    heading_path: list[str]
    quote: str

    @property
    def link(self) -> str | None:
        """Where a browser opens the page at the quote; None for what it cannot open."""
        return passage_link(self.url, self.quote, self.heading_path)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent says, and the citations that hold it. No citation: it does not know."""

    answer: str
    citations: list[Citation] = field(default_factory=list)


class Provider(Protocol):
    """Where agents live. Every method may raise `ProviderError`, and may be called again."""

    name: str

    def create(self, spec: AgentSpec) -> str:
        """Create the agent, or find the one that `spec.reference` already made: its id there."""
        ...

    def find(self, reference: UUID) -> str | None:
        """The id there of the agent that `reference` has made; None if there is none."""
        ...

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        """Have the agent be as `spec` says. It never creates one: it may have been deleted."""
        ...

    def upload(self, provider_agent_id: str, items: Sequence[KnowledgeItem]) -> None:
        """Store the items as the agent's knowledge. An item that is already there stays once."""
        ...

    def count(self, provider_agent_id: str) -> int:
        """How many items of knowledge the agent has there."""
        ...

    def delete(self, provider_agent_id: str) -> None:
        """Remove the agent and its knowledge. One that is not there is no error."""
        ...

    def search(self, provider_agent_id: str, query: str, limit: int) -> list[SearchHit]:
        """The passages that fit `query` best, best first."""
        ...

    def ask(self, provider_agent_id: str, question: str) -> Answer:
        """An answer from the agent's knowledge, with citations."""
        ...


@runtime_checkable
class VersionedProvider(Provider, Protocol):
    """A provider that can take the next version of an agent's knowledge while it answers from the
    one before. A refresh then sends what has changed, and nothing else.

    A provider without these methods gets a new agent for each new version, which takes the place
    of the old one. Versions are numbered upwards; what is repeated has no further effect.
    """

    def stage(
        self,
        provider_agent_id: str,
        version: int,
        *,
        added: Sequence[KnowledgeItem] = (),
        removed: Sequence[int] = (),
    ) -> None:
        """Take down what `version` has that is new, and which items (by `chunk_id`) it has no
        more. Called for several parts of the whole; until `publish` nobody finds any of it."""
        ...

    def publish(self, provider_agent_id: str, version: int) -> None:
        """From now on the agent answers from `version`, and from nothing else.

        Called within a transaction, so without any further work than that.
        """
        ...

    def discard(self, provider_agent_id: str, version: int) -> None:
        """Forget what was staged for `version`, which was not published. An agent that is not
        there is no error."""
        ...
