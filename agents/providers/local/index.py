"""The full-text index of the local provider's passages: one interface, a file a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from django.db import connection

from agents.providers.local.index_postgres import PostgresIndex
from agents.providers.local.index_sqlite import SqliteIndex


class Index(Protocol):
    """Finds passages by terms. It follows the passages' table by itself.

    A term is one or more words that stand together, without punctuation (`pg stat activity`).
    """

    def search(self, agent_id: UUID, terms: Sequence[str], limit: int) -> list[tuple[int, float]]:
        """Ids of the agent's passages that hold any of the terms, with a score, best first."""
        ...

    def frequency(self, agent_id: UUID, term: str) -> int:
        """How many of the agent's passages hold the term."""
        ...


def current_index() -> Index:
    """The index of the database in use."""
    return PostgresIndex() if connection.vendor == "postgresql" else SqliteIndex()
