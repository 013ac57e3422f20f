"""The full-text index of the local provider's passages: one interface, a file a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.db import connection

from agents.providers.local.index_postgres import PostgresIndex
from agents.providers.local.index_sqlite import SqliteIndex
from agents.providers.local.models import LocalAgent


class Index(Protocol):
    """Finds passages by terms. It follows the passages' table by itself.

    A term is one or more words that stand together, without punctuation (`pg stat activity`).
    """

    def holding(
        self,
        agent: LocalAgent,
        groups: Sequence[Sequence[str]],
        limit: int,
        *,
        in_headings: bool = False,
    ) -> list[list[int]]:
        """For each group, ids of up to `limit` of the agent's passages that hold all its terms.

        They are those of the version that `agent`, as it was read, answers from. The ids are in
        order, and the first ones come first where there are more.

        Args:
            in_headings: look for the terms in titles and headings only.
        """
        ...

    def existing(self, agent: LocalAgent, words: Sequence[str]) -> list[str]:
        """Those of many words that stand in passages, perhaps of other agents only, by their
        stems."""
        ...


def current_index() -> Index:
    """The index of the database in use."""
    return PostgresIndex() if connection.vendor == "postgresql" else SqliteIndex()
