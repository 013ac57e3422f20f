"""The index on PostgreSQL: a generated `tsvector` column with a GIN index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from agents.providers.local.models import LocalAgent

_HOLDING = r"""
    WITH asked AS MATERIALIZED (
        SELECT number, phraseto_tsquery('english', term) AS query
        FROM unnest(%(numbers)s::int[], %(terms)s::text[]) AS one(number, term)
    ), whole AS MATERIALIZED (
        SELECT number, regexp_replace(
            string_agg('(' || query::text || ')', ' & '), '''[^'']+''', '\&' || %(weights)s, 'g'
        )::tsquery AS query
        FROM asked WHERE numnode(query) > 0 GROUP BY number
    ), here AS MATERIALIZED (
        SELECT number, CASE
            WHEN reltuples > 0 AND %(passages)s > reltuples / 2 THEN query
            ELSE %(agent)s::tsquery && query
        END AS query
        FROM whole, pg_class WHERE pg_class.oid = 'agents_localpassage'::regclass
    )
    SELECT number, ids FROM here, LATERAL (
        SELECT array_agg(id) AS ids FROM (
            SELECT id FROM agents_localpassage
            WHERE document @@ here.query
                AND (agent_id = %(agent_id)s) IS TRUE
                AND (since IS NULL OR since <= %(version)s)
                AND (until IS NULL OR until > %(version)s)
            LIMIT %(limit)s
        ) AS first
    ) AS held
    WHERE ids IS NOT NULL
"""
"""Words that PostgreSQL's dictionary ignores are left out. Titles have weight A, headings B.

The agent is a word of each of its passages. Where most passages are the agent's, the index would
go through all of them for each term, so they are told apart by their rows: `IS TRUE` keeps the
planner from the index of that column.
"""


class PostgresIndex:
    """See `agents.providers.local.index.Index`."""

    def holding(
        self,
        agent: LocalAgent,
        groups: Sequence[Sequence[str]],
        limit: int,
        *,
        in_headings: bool = False,
    ) -> list[list[int]]:
        values: dict[str, Any] = {
            "numbers": [number for number, terms in enumerate(groups) for _ in terms],
            "terms": [term for terms in groups for term in terms],
            "agent": f"'agent {agent.id}'",
            "agent_id": agent.id,
            "passages": agent.passage_count or 0,
            "version": agent.version,
            "weights": ":AB" if in_headings else "",
            "limit": limit,
        }
        with connection.cursor() as cursor:
            cursor.execute(_HOLDING, values)
            held = dict(cursor.fetchall())
        return [sorted(held.get(number, ())) for number in range(len(groups))]

    def existing(self, agent: LocalAgent, words: Sequence[str]) -> list[str]:
        held = self.holding(agent, [[word] for word in words], 1)
        return [word for word, ids in zip(words, held, strict=True) if ids]
