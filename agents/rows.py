"""Writes many rows for the price that the database asks.

Django takes about as long to compose such a statement as the database takes to execute it: an
INSERT with the expression of each value, an UPDATE with a branch for each row and field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

ROWS_AT_ONCE = 100
"""In one INSERT: a full-text index takes them faster than one by one."""


def insert_each(
    rows: Sequence[Model], unique: Sequence[str] = (), overwrite: Sequence[str] = ()
) -> None:
    """Insert the rows, all or none. The database gives them their ids, which they are not told.

    Args:
        unique: fields. Where a row with the same values of them is there already, …
        overwrite: … these fields of it are overwritten.
    """
    if not rows:
        return
    database = _database()
    meta = rows[0]._meta
    columns = [column for column in meta.concrete_fields if column is not meta.auto_field]
    start = f"INSERT INTO {_quoted(meta.db_table)} ({_names(columns)}) VALUES "  # noqa: S608
    place = f"({', '.join(['%s'] * len(columns))})"
    end = _on_conflict(_fields(rows[0], unique), _fields(rows[0], overwrite)) if unique else ""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[first : first + ROWS_AT_ONCE]
            values = [
                column.get_db_prep_save(column.pre_save(row, True), database)
                for row in some
                for column in columns
            ]
            cursor.execute(f"{start}{', '.join([place] * len(some))}{end}", values)


def update_each(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write these fields of each row, found by its primary key; a row that is gone stays gone."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = _fields(rows[0], fields)
    changes = ", ".join(f"{_quoted(column.column)} = %s" for column in columns)
    sql = f"UPDATE {_quoted(meta.db_table)} SET {changes} WHERE {_quoted(meta.pk.column)} = %s"  # noqa: S608
    columns.append(meta.pk)
    database = _database()
    values = [
        [column.get_db_prep_save(getattr(row, column.attname), database) for column in columns]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def _on_conflict(unique: Sequence[Field[Any, Any]], overwrite: Sequence[Field[Any, Any]]) -> str:
    values = ", ".join(
        f"{_quoted(column.column)} = EXCLUDED.{_quoted(column.column)}" for column in overwrite
    )
    return f" ON CONFLICT ({_names(unique)}) DO UPDATE SET {values}"


def _database() -> BaseDatabaseWrapper:
    """What `connection` stands for, which finds it anew each time that a field asks it anything."""
    return connections[DEFAULT_DB_ALIAS]


def _fields(row: Model, names: Sequence[str]) -> list[Field[Any, Any]]:
    known = {column.name: column for column in row._meta.concrete_fields}
    return [known[name] for name in names]


def _names(columns: Sequence[Field[Any, Any]]) -> str:
    return ", ".join(_quoted(column.column) for column in columns)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
