"""Queries that are asked for every step, whose SQL Django writes only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model, QuerySet

from tasks.models import TaskState
from tasks.statements import Statement, in_turn

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class _Written:
    """A query as Django has written it."""

    sql: str
    names: list[str]
    """The attributes that the columns are."""
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]
    """By the column's number: what makes a value of what the driver returns, and the column."""


class ByTask(Generic[M]):
    """A query by nothing but the id of a task. Call it with the id for the rows.

    Django takes longer to write such a SELECT than the database takes to answer it, and has no
    prepared queries, so this keeps what it wrote at the first call.

    Args:
        rows: the query for a task's id.
    """

    def __init__(self, rows: Callable[[UUID], QuerySet[M]]) -> None:
        self._rows = rows

    def __call__(self, task_id: UUID) -> list[M]:
        return read_together(task_id, self)[0]

    def statement(self, task_id: UUID) -> Statement:
        """The query for this task."""
        key = TaskState._meta.pk.get_db_prep_value(task_id, connection)
        return Statement(self._written.sql, [key])

    def objects(self, rows: Iterable[tuple[Any, ...]]) -> list[M]:
        """What the database has answered, as Django would make it."""
        model, written = self._template.model, self._written
        return [model.from_db(connection.alias, written.names, self._read(row)) for row in rows]

    def _read(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for number, (converters, column) in self._written.converters.items():
            for convert in converters:
                values[number] = convert(values[number], column, connection)
        return values

    @cached_property
    def _template(self) -> QuerySet[M]:
        return self._rows(uuid4())

    @cached_property
    def _written(self) -> _Written:
        compiler = self._template.query.get_compiler(connection=connection)
        sql, _ = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        names = [column.target.attname for column in columns]
        return _Written(sql, names, compiler.get_converters(columns))


def read_together(task_id: UUID, *queries: ByTask[Any]) -> list[list[Any]]:
    """The rows of each query, in order; on PostgreSQL, for the price of one."""
    statements = [query.statement(task_id) for query in queries]
    with connection.cursor() as cursor:
        answers = zip(queries, in_turn(cursor, statements), strict=True)
        return [query.objects(cursor.fetchall()) for query, _ in answers]
