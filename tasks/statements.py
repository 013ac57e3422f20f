"""Reads and writes of every step, that travel to the database together.

A step touches few rows, so what it asks of the database costs less than the way to the server and
back, and than Django's composing of the SQL. PostgreSQL takes several statements at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, Model


class Statement(NamedTuple):
    """SQL, and the values of its placeholders as the database's driver takes them."""

    sql: str
    values: list[Any]


def update(row: Model, fields: Iterable[str], **guard: Any) -> Statement:
    """Write the object's `fields` to its row, if that still has the values in `guard`."""
    written = [_field(row, name) for name in fields]
    compared = {_field(row, name): value for name, value in {"id": row.pk, **guard}.items()}
    assignments = ", ".join(f"{_column(field)} = %s" for field in written)
    conditions = " AND ".join(f"{_column(field)} = %s" for field in compared)
    values = [_value(field, getattr(row, field.attname)) for field in written]
    return Statement(
        f"UPDATE {_table(row)} SET {assignments} WHERE {conditions}",  # noqa: S608  (our own names)
        values + [_value(field, value) for field, value in compared.items()],
    )


def insert(rows: Sequence[Model], unique: str = "") -> Statement:
    """Insert the objects, which do not learn of primary keys that the database chooses.

    Args:
        unique: a field. Where a row has its value already, that row is overwritten.
    """
    fields = inserted_fields(type(rows[0]))
    places = f"({', '.join(['%s'] * len(fields))})"
    sql = (
        f"INSERT INTO {_table(rows[0])} ({', '.join(map(_column, fields))}) "  # noqa: S608
        f"VALUES {', '.join([places] * len(rows))}"
    )
    if unique:
        overwritten = [
            f"{_column(field)} = excluded.{_column(field)}"
            for field in fields
            if not getattr(field, "auto_now_add", False)
        ]
        sql += f" ON CONFLICT ({unique}) DO UPDATE SET {', '.join(overwritten)}"
    values = [_value(field, field.pre_save(row, True)) for row in rows for field in fields]
    return Statement(sql, values)


def or_nothing(change: Statement) -> Statement:
    """The same change, and an error where it changes no row, which undoes what is sent with it.

    PostgreSQL only: nothing can be asked in between when several statements travel together.

    Raises:
        DataError: when it is executed, and changes nothing.
    """
    sql = f"WITH changed AS ({change.sql} RETURNING 1) SELECT 1 / count(*) FROM changed"  # noqa: S608
    return Statement(sql, change.values)


def inserted_fields(model: type[Model]) -> list[Any]:
    """The fields whose values `insert` writes, in its order."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]


def execute(statements: Iterable[Statement]) -> int:
    """Execute them in order; how many rows the first one has changed."""
    together = list(statements)
    if not together:
        return 0
    with connection.cursor() as cursor:
        changed, *_ = [cursor.rowcount for _ in in_turn(cursor, together)]
    return changed


def in_turn(cursor: CursorWrapper, statements: Sequence[Statement]) -> Iterator[None]:
    """Let the cursor stand at the answer of one statement after the other."""
    if connection.vendor == "postgresql":
        values = [value for statement in statements for value in statement.values]
        cursor.execute("; ".join(statement.sql for statement in statements), values)
        yield
        while cursor.nextset():
            yield
    else:
        for sql, values in statements:
            cursor.execute(sql, values)
            yield


def _field(row: Model, name: str) -> Any:
    return row._meta.get_field(name)


def _table(row: Model) -> str:
    return connection.ops.quote_name(row._meta.db_table)


def _column(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _value(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)
