"""The index on SQLite: FTS5 with Porter stemming."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from agents.knowledge.ranking import folded
from agents.knowledge.terms import stem
from agents.providers.local.models import LocalAgent

_HOLDING = """
    SELECT rowid FROM agents_localindex WHERE agents_localindex MATCH %s AND rowid NOT IN (
        SELECT id FROM agents_localpassage WHERE agent_id = %s AND since > %s
        UNION ALL
        SELECT id FROM agents_localpassage WHERE agent_id = %s AND until <= %s
    )
    ORDER BY rowid LIMIT %s
"""
"""Of other versions there are few passages or none: they are found by indexes of their own."""

_EXISTING = "SELECT term FROM agents_localwords WHERE term IN ({})"
"""To look for some hundred words in the index itself takes ten times as long."""


class SqliteIndex:
    """See `agents.providers.local.index.Index`."""

    def holding(
        self,
        agent: LocalAgent,
        groups: Sequence[Sequence[str]],
        limit: int,
        *,
        in_headings: bool = False,
    ) -> list[list[int]]:
        found = []
        hidden = (agent.id.hex, agent.version) * 2
        with connection.cursor() as cursor:
            for terms in groups:
                cursor.execute(_HOLDING, [_match(agent.id, terms, in_headings), *hidden, limit])
                found.append([row[0] for row in cursor.fetchall()])
        return found

    def existing(self, agent: LocalAgent, words: Sequence[str]) -> list[str]:
        by_stem: dict[str, str] = {}
        for word in words:
            by_stem.setdefault(stem(folded(word)), word)
        with connection.cursor() as cursor:
            cursor.execute(_EXISTING.format(", ".join(["%s"] * len(by_stem))), list(by_stem))
            return [by_stem[row[0]] for row in cursor.fetchall()]


def _match(agent_id: UUID, terms: Sequence[str], in_headings: bool) -> str:
    """An FTS5 query. Each term is a quoted string, in which FTS5 knows no operator.

    The agent's id is a word of each of its rows, so the index itself passes over other agents'.
    """
    columns = "title headings" if in_headings else "title headings text"
    words = " AND ".join(f'{{{columns}}} : "{_quoted(term)}"' for term in terms)
    return f'agent_id : "{agent_id.hex}" AND {words}'


def _quoted(term: str) -> str:
    return term.replace('"', '""').replace("\x00", " ")
