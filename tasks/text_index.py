"""The index of what tasks can be found by, asked in the words of each database.

It gives what contains a text in the order of submission, within a range of it, and only with
those that ended in a given way, without reading what lies between (see the migration
`0002_task_search`). On SQLite it is a table of its own, whose rows come in order. On PostgreSQL it
holds beside the trigrams the shelf on which a row stands, with and without its ending: 16,384 rows
that follow each other.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from tasks.models import TaskText

SHORTEST = 3
"""The index is made of trigrams, and so of no use to shorter texts."""
SHELF = 16_384
"""Rows of a shelf; the migration has it as a shift by 14 bits."""

_ON_SQLITE = """
    SELECT tasks_tasktext.id, task_id FROM tasks_textindex
    JOIN tasks_tasktext ON tasks_tasktext.id = tasks_textindex.rowid
    WHERE tasks_textindex MATCH %s AND tasks_textindex.rowid BETWEEN %s AND %s
    ORDER BY tasks_textindex.rowid {order} LIMIT %s
"""
_ON_POSTGRES = """
    SELECT id, task_id FROM tasks_tasktext
    WHERE ARRAY[(id >> 14)::text, (id >> 14)::text || ending] && %s
    AND text LIKE %s AND id + 0 BETWEEN %s AND %s
    ORDER BY id + 0 {order} LIMIT %s
"""
"""By `id` itself, PostgreSQL might go through all rows in its order in the hope of an early end."""

Hit = tuple[int, UUID]
"""The id of a `TaskText`, and that of its task."""


def some(folded: str, limit: int) -> list[UUID]:
    """The ids of at most `limit` tasks whose text contains `folded`."""
    if connection.vendor == "sqlite" and len(folded) >= SHORTEST:
        params = [_match(folded), 0, 2**63 - 1, limit]
        return [task_id for _, task_id in _asked(_ON_SQLITE.format(order="ASC"), params)]
    found = TaskText.objects.filter(text__contains=folded).values_list("task_id", flat=True)
    return list(found[:limit])


def between(folded: str, begin: int, end: int, ending: str, limit: int) -> list[Hit]:
    """The first `limit` texts that contain `folded`, from the one with the id `begin` to `end`,
    which may be the smaller id.

    Args:
        folded: at least `SHORTEST` characters.
        ending: only those whose `TaskText.ending` is this; all, if empty.
    """
    order = "DESC" if begin > end else "ASC"
    first, last = sorted((begin, end))
    if connection.vendor == "sqlite":
        return _asked(_ON_SQLITE.format(order=order), [_match(folded, ending), first, last, limit])
    numbers = range(max(first, 0) // SHELF, last // SHELF + 1)
    shelves = [f"{number}{ending}" for number in numbers]
    pattern = f"%{connection.ops.prep_for_like_query(folded)}%"
    return _asked(_ON_POSTGRES.format(order=order), [shelves, pattern, first, last, limit])


def _match(folded: str, ending: str = "") -> str:
    """The query for FTS5: phrases in quotes, in which it knows no operator."""
    phrase = '{{text}} : "{}"'.format(folded.replace('"', '""'))
    return f'{phrase} AND {{ending}} : "{ending}"' if ending else phrase


def _asked(sql: str, params: list[Any]) -> list[Hit]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [(int(number), _uuid(key)) for number, key in cursor.fetchall()]


def _uuid(key: UUID | str) -> UUID:
    return key if isinstance(key, UUID) else UUID(key)
