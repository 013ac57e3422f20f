"""Search on PostgreSQL: a generated `tsvector` column with a GIN index.

`ts_rank` grows ever slower with the number of times a term occurs, but knows nothing of how rare
the term is. So each term is ranked alone, over the passage's length, and weighted by its inverse
document frequency among the agent's own passages, as BM25 does (Robertson and Zaragoza, "The
Probabilistic Relevance Framework", 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

_CANDIDATES = 500
"""Passages that hold the most of the query's rarity; only these are ranked."""

_SEARCH = """
    WITH asked AS (
        SELECT term, phraseto_tsquery('english', term) AS query
        FROM unnest(%(terms)s::text[]) AS term
    ), hit AS MATERIALIZED (
        SELECT term, query, id FROM asked, LATERAL (
            SELECT id FROM agents_localpassage WHERE agent_id = %(agent)s AND document @@ query
        ) AS passage
        WHERE numnode(query) > 0
    ), weight AS MATERIALIZED (
        SELECT term, query, ln(1 + (%(total)s - found + 0.5) / (found + 0.5))::float AS rarity
        FROM (SELECT term, query, count(*) AS found FROM hit GROUP BY term, query) AS counted
    ), candidate AS MATERIALIZED (
        SELECT id FROM hit JOIN weight USING (term)
        GROUP BY id ORDER BY sum(rarity) DESC, id LIMIT %(candidates)s
    ), unpacked AS MATERIALIZED (
        SELECT id, document || '' AS document
        FROM candidate JOIN agents_localpassage USING (id)
    )
    SELECT id, sum(rarity * ts_rank('{0.3, 0.3, 0.6, 0.9}', document, query, 1))::float AS score
    FROM unpacked JOIN weight ON document @@ query
    GROUP BY id
    ORDER BY score DESC, id
    LIMIT %(limit)s
"""
"""The weights of ts_rank: text (D), none (C), headings (B), title (A). Its 1 divides by the log of
the length. `|| ''` decompresses each document once instead of once a term."""

_TOTAL = "SELECT count(*) FROM agents_localpassage WHERE agent_id = %s"
_COUNT = """
    SELECT count(*) FROM agents_localpassage
    WHERE agent_id = %s AND document @@ phraseto_tsquery('english', %s)
"""


class PostgresIndex:
    """See `agents.providers.local.index.Index`."""

    def search(self, agent_id: UUID, terms: Sequence[str], limit: int) -> list[tuple[int, float]]:
        values: dict[str, Any] = {
            "terms": list(terms),
            "agent": agent_id,
            "candidates": _CANDIDATES,
            "limit": limit,
        }
        with connection.cursor() as cursor:
            cursor.execute(_TOTAL, [agent_id])
            cursor.execute(_SEARCH, {**values, "total": cursor.fetchone()[0]})
            return cursor.fetchall()

    def frequency(self, agent_id: UUID, term: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [agent_id, term])
            return int(cursor.fetchone()[0])
