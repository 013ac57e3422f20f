"""What a free text finds: tasks whose subject or error contains it, or whose id it is.

Each task has a row of `TaskText` beside it, which holds that text folded. It is a table of its own
because its trigram index (see the migration `0002_task_search`) would otherwise be written again
with every change of a task, and a task changes twenty times where its text changes once.
"""

from __future__ import annotations

import unicodedata
from uuid import UUID

from django.db import connection

from tasks.models import TaskState, TaskText

FEW = 1000
"""A text that no more tasks contain is rare: they are looked up one by one. One that more contain
is common: a list that is read in its own order soon comes upon them."""

SHORTEST_INDEXED = 3
"""The index is made of trigrams, and so of no use to shorter texts."""

_MATCH = """
    SELECT task_id FROM tasks_textindex
    JOIN tasks_tasktext ON tasks_tasktext.id = tasks_textindex.rowid
    WHERE tasks_textindex MATCH %s
    LIMIT %s
"""


def text_of(task: TaskState) -> str:
    """What a free text is looked for in."""
    return fold(task.subject, task.error_code, task.error_message)


def fold(*texts: str) -> str:
    """The texts as they are compared, one a line: without differences of case and accents.

    This is the compatibility caseless matching of the Unicode Standard, section 3.13, which takes
    `ß` for `ss` and a ligature for its letters; marks such as accents are left out, too. Done here
    and not by the database, so that each database finds the same.
    """
    decomposed = unicodedata.normalize("NFKD", "\n".join(texts).replace("\x00", "\ufffd"))
    caseless = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(letter for letter in caseless if not unicodedata.combining(letter))


def rare_hits(folded: str) -> list[UUID] | None:
    """The ids of all tasks whose text contains `folded`; None if it is not rare."""
    hits = _hits(folded, FEW + 1)
    return hits if len(hits) <= FEW else None


def _hits(folded: str, limit: int) -> list[UUID]:
    """The ids of at most `limit` tasks whose text contains `folded`, found by the index.

    PostgreSQL's planner uses it by itself; SQLite's is a table that has to be asked.
    """
    if connection.vendor != "sqlite" or len(folded) < SHORTEST_INDEXED:
        found = TaskText.objects.filter(text__contains=folded).values_list("task_id", flat=True)
        return list(found[:limit])
    # A phrase in quotes, in which FTS5 knows no operator.
    phrase = '"{}"'.format(folded.replace('"', '""'))
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, [phrase, limit])
        return [UUID(row[0]) for row in cursor.fetchall()]
