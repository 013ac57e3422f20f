"""Queries whose SQL is written once still ask for the task they are called with, and lock it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tasks.models import StepRun, TaskState
from tasks.prepared import ByTask
from tests.tasks.engine import STEPS, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_each_call_finds_the_rows_of_its_own_task(user: User) -> None:
    steps = ByTask(lambda task_id: StepRun.objects.filter(task_id=task_id).order_by("position"))
    for task in (submitted(user), submitted(user)):
        rows = steps(task.pk)
        assert [row.name for row in rows] == STEPS
        assert {row.task_id for row in rows} == {task.pk}
    assert steps(uuid4()) == []


def test_a_row_is_read_as_the_orm_reads_it(user: User) -> None:
    task = submitted(user)
    (row,) = ByTask(lambda task_id: TaskState.objects.filter(pk=task_id))(task.pk)
    for field in TaskState._meta.concrete_fields:
        expected = getattr(TaskState.objects.get(pk=task.pk), field.attname)
        assert getattr(row, field.attname) == expected, field.name


def test_a_locking_query_locks_at_every_call(user: User) -> None:
    locked = ByTask(lambda task_id: TaskState.objects.select_for_update().filter(pk=task_id))
    task = submitted(user)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        locked(task.pk)
        locked(task.pk)
    selects = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    can_lock = connection.features.has_select_for_update
    assert [sql.endswith("FOR UPDATE") for sql in selects] == [can_lock, can_lock]
