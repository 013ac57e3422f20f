"""Search on SQLite: FTS5, ranked by BM25 with Porter stemming."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

_WEIGHTS = "0, 6.0, 3.0, 1.0"
"""Of the columns agent_id, title, headings, text."""

_SEARCH = f"""
    SELECT rowid, -bm25(agents_localindex, {_WEIGHTS}) AS score
    FROM agents_localindex
    WHERE agents_localindex MATCH %s
    ORDER BY score DESC, rowid
    LIMIT %s
"""  # noqa: S608 (no value is put into the text)
_COUNT = "SELECT count(*) FROM agents_localindex WHERE agents_localindex MATCH %s"


class SqliteIndex:
    """See `agents.providers.local.index.Index`."""

    def search(self, agent_id: UUID, terms: Sequence[str], limit: int) -> list[tuple[int, float]]:
        if not terms:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_SEARCH, [_match(agent_id, terms), limit])
            return cursor.fetchall()

    def frequency(self, agent_id: UUID, term: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [_match(agent_id, [term])])
            return int(cursor.fetchone()[0])


def _match(agent_id: UUID, terms: Sequence[str]) -> str:
    """An FTS5 query. Each term is a quoted string, in which FTS5 knows no operator.

    The agent's id is a word of each of its rows, so the index itself passes over other agents'.
    """
    words = " OR ".join(f'"{_quoted(term)}"' for term in terms)
    return f'agent_id : "{agent_id.hex}" AND {{title headings text}} : ({words})'


def _quoted(term: str) -> str:
    return term.replace('"', '""').replace("\x00", " ")
