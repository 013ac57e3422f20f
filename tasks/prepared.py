"""Queries that are asked for every step, whose SQL Django writes only once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Model, QuerySet

from tasks.models import TaskState

M = TypeVar("M", bound=Model)


class ByTask(Generic[M]):
    """A query by nothing but the id of a task. Call it with the id for the rows.

    Django takes longer to write such a SELECT than the database takes to answer it, and has no
    prepared queries, so this keeps the SQL of the first call.

    Args:
        rows: the query for a task's id.
    """

    def __init__(self, rows: Callable[[UUID], QuerySet[M]]) -> None:
        self._rows = rows

    def __call__(self, task_id: UUID) -> list[M]:
        key = TaskState._meta.pk.get_db_prep_value(task_id, connection)
        return list(self._template.model._default_manager.raw(self._sql, [key]))

    @cached_property
    def _template(self) -> QuerySet[M]:
        return self._rows(uuid4())

    @cached_property
    def _sql(self) -> str:
        sql, _ = self._template.query.sql_with_params()
        return sql
