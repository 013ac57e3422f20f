"""Writes many rows with one prepared statement.

Django composes one statement of many rows, with a placeholder for each value, or with a branch for
each row and field. That takes it several times as long as the database takes to execute it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, Model


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
    meta = rows[0]._meta
    columns = [column for column in meta.concrete_fields if column is not meta.auto_field]
    sql = (
        f"INSERT INTO {_quoted(meta.db_table)} ({_names(columns)}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(columns))})"
    )
    if unique:
        values = ", ".join(
            f"{_quoted(column.column)} = EXCLUDED.{_quoted(column.column)}"
            for column in _fields(rows[0], overwrite)
        )
        sql += f" ON CONFLICT ({_names(_fields(rows[0], unique))}) DO UPDATE SET {values}"
    _execute(sql, rows, columns, lambda row, column: column.pre_save(row, add=True))


def update_each(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """Write these fields of each row, found by its primary key; a row that is gone stays gone."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = _fields(rows[0], fields)
    values = ", ".join(f"{_quoted(column.column)} = %s" for column in columns)
    sql = f"UPDATE {_quoted(meta.db_table)} SET {values} WHERE {_quoted(meta.pk.column)} = %s"  # noqa: S608
    _execute(sql, rows, [*columns, meta.pk], lambda row, column: getattr(row, column.attname))


def _execute(
    sql: str,
    rows: Sequence[Model],
    columns: Sequence[Field[Any, Any]],
    value_of: Callable[[Model, Field[Any, Any]], Any],
) -> None:
    def values(row: Model) -> Iterator[Any]:
        for column in columns:
            yield column.get_db_prep_save(value_of(row, column), connection)

    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(sql, [tuple(values(row)) for row in rows])


def _fields(row: Model, names: Sequence[str]) -> list[Field[Any, Any]]:
    known = {column.name: column for column in row._meta.concrete_fields}
    return [known[name] for name in names]


def _names(columns: Sequence[Field[Any, Any]]) -> str:
    return ", ".join(_quoted(column.column) for column in columns)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
