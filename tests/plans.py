"""How the database answers the queries of a page.

PostgreSQL just reads a small table, so that is made unattractive: what is still read or sorted
whole has no index to be read by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

GROWING = (
    r"(tasks_(taskstate|tasktext|steprun|stepbatch|taskevent|webhookdelivery|auditentry)"
    r"|agents_(agentrecord|agentversion|page|chunk|document)|django_celery_results_taskresult)"
)
WHOLE_TABLE = re.compile(rf"Seq Scan on {GROWING}|SCAN {GROWING}(?! USING)")
SORT = re.compile(r"(^|-> +)Sort  \(|USE TEMP B-TREE FOR ORDER BY", re.MULTILINE)


@contextmanager
def without_small_tables() -> Iterator[None]:
    """PostgreSQL avoids what is only right for a small table, if there is another way."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    yield


def plans(client: Client, address: str) -> list[str]:
    """The page's queries of what grows with the tasks, each with its plan."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    statements = {query["sql"].strip() for query in captured}
    asked = {sql for sql in statements if sql.startswith("SELECT")}
    return [f"{sql}\n{_plan(sql)}" for sql in sorted(asked) if re.search(GROWING, sql)]


def _plan(sql: str) -> str:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
