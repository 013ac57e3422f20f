"""Emptying the tables after a test that commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

FEW_BYTES = 8 * 2**20
"""Of all tables together. Rows that were deleted count until their table is truncated."""


@contextmanager
def quick_emptying() -> Iterator[None]:
    """Leave the tables as they are now after each such test, in less time than Django.

    It truncates forty tables, each of which waits for PostgreSQL's disk, and then looks for every
    permission and group that is to be made again.
    """
    with (
        patch.object(DatabaseOperations, "sql_flush", rows_deleted(DatabaseOperations.sql_flush)),
        patch.object(flush, "emit_post_migrate_signal", putting_back(rows_of_all_tables())),
    ):
        yield


def rows_deleted(truncated: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """How a database is emptied that holds a few rows; one with many is `truncated`."""

    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **how: Any) -> list[str]:
        if bytes_of(tables) > FEW_BYTES:
            return truncated(self, style, tables, **how)
        deletions = (f"DELETE FROM {self.quote_name(table)}" for table in tables)  # noqa: S608
        return ["; ".join(deletions)]

    return sql_flush


def bytes_of(tables: list[str]) -> int:
    """What PostgreSQL's tables take up, without their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_relation_size(name::regclass)) FROM unnest(%s::text[]) name", [tables]
        )
        return int(cursor.fetchone()[0])


def rows_of_all_tables() -> dict[str, list[tuple[Any, ...]]]:
    """What the migrations have put there, by the table's name."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows[table] = cursor.fetchall()
    return {table: found for table, found in rows.items() if found}


def putting_back(rows: dict[str, list[tuple[Any, ...]]]) -> Callable[..., None]:
    """What takes the place of the signal after which content types and the like are made."""

    def put_back(*_: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, kept in rows.items():
                values = ", ".join(["%s"] * len(kept[0]))
                name = connection.ops.quote_name(table)
                cursor.executemany(f"INSERT INTO {name} VALUES ({values})", kept)  # noqa: S608

    return put_back
