"""Writes many rows with one prepared statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def update_each(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write these fields of each row, found by its primary key; a row that is gone stays gone.

    `bulk_update` composes one statement with a branch for each row and field, which takes Django
    ten times as long as the database takes to execute it.
    """
    if not rows:
        return
    meta = rows[0]._meta

    def quote(name: str | None) -> str:
        return connection.ops.quote_name(name or "")

    known = {column.name: column for column in meta.concrete_fields}
    columns = [known[name] for name in fields]
    values = ", ".join(f"{quote(column.column)} = %s" for column in columns)
    sql = f"UPDATE {quote(meta.db_table)} SET {values} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608
    columns.append(known[meta.pk.name])
    with connection.cursor() as cursor:
        cursor.executemany(sql, [[_stored(row, column) for column in columns] for row in rows])


def _stored(row: Model, column: Field[Any, Any]) -> Any:
    return column.get_db_prep_save(getattr(row, column.attname), connection)
