"""The texts by which tasks are found, and their index, asked in the words of each database.

The index gives what contains a text within a range of the texts, which have the order in which
their tasks were submitted, without reading what lies between (see the migration
`0002_task_search`). On SQLite it is a table of its own, whose rows come in order. On PostgreSQL it
holds beside the trigrams the shelf on which a text stands: 16,384 that follow each other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from tasks.models import TaskText

SHORTEST = 3
"""The index is made of trigrams, and so of no use to shorter texts."""
SHELF = 16_384
"""Texts on a shelf; the migration has it as a shift by 14 bits."""

_ON_SQLITE = """
    SELECT tasks_tasktext.id, task_id FROM tasks_textindex
    JOIN tasks_tasktext ON tasks_tasktext.id = tasks_textindex.rowid
    WHERE tasks_textindex MATCH %s AND tasks_textindex.rowid BETWEEN %s AND %s
    ORDER BY tasks_textindex.rowid {order} LIMIT %s
"""
_ON_POSTGRES = """
    SELECT id, task_id FROM tasks_tasktext
    WHERE ARRAY[id >> 14] && %s::bigint[] AND text LIKE %s AND id + 0 BETWEEN %s AND %s
    ORDER BY id + 0 {order} LIMIT %s
"""
"""By `id` itself, PostgreSQL might go through all rows in its order in the hope of an early end."""

Hit = tuple[int, UUID]
"""The id of a `TaskText`, and that of its task."""


def sought(folded: str, begin: int, end: int, limit: int) -> list[Hit]:
    """The first `limit` texts that contain `folded`, from the one with the id `begin` to `end`,
    which may be the smaller id; found by the index.

    Args:
        folded: at least `SHORTEST` characters.
    """
    order = "DESC" if begin > end else "ASC"
    first, last = sorted((begin, end))
    if connection.vendor == "sqlite":
        # A phrase in quotes, in which FTS5 knows no operator.
        phrase = '"{}"'.format(folded.replace('"', '""'))
        return _asked(_ON_SQLITE.format(order=order), [phrase, first, last, limit])
    shelves = list(range(max(first, 0) // SHELF, last // SHELF + 1))
    pattern = f"%{connection.ops.prep_for_like_query(folded)}%"
    return _asked(_ON_POSTGRES.format(order=order), [shelves, pattern, first, last, limit])


def passed(folded: str, begin: int, end: int, limit: int) -> list[Hit]:
    """The same, found by reading one text after another."""
    first, last = sorted((begin, end))
    within = TaskText.objects.filter(pk__range=(first, last), text__contains=folded)
    in_order = within.order_by("-pk" if begin > end else "pk")
    return list(in_order.values_list("pk", "task_id")[:limit])


def among(task_ids: Collection[UUID], folded: str) -> list[Hit]:
    """Those of the tasks whose text contains `folded`, in the order of their submission."""
    texts = TaskText.objects.filter(task__in=task_ids, text__contains=folded)
    return list(texts.order_by("pk").values_list("pk", "task_id"))


def _asked(sql: str, params: list[Any]) -> list[Hit]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [(int(number), _uuid(key)) for number, key in cursor.fetchall()]


def _uuid(key: UUID | str) -> UUID:
    return key if isinstance(key, UUID) else UUID(key)
