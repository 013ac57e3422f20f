"""Statements that travel together do what the ORM would have done one by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks.models import StepRun, TaskEvent, TaskState
from tasks.statements import execute, insert, update
from tasks.states import EventType, State
from tests.tasks.engine import history, reloaded, step_of, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NOW = timezone.now()
TEXT = "50 % of “ü”; DROP TABLE 'x' %s \\ 🙂"


@pytest.fixture
def task(user: User) -> TaskState:
    return submitted(user)


def values_of(row: Model) -> dict[str, Any]:
    return type(row)._default_manager.values().get(pk=row.pk)


def test_an_update_writes_every_kind_of_value_as_the_orm_does(task: TaskState) -> None:
    step = step_of(task, "s1")
    step.output = {"text": TEXT, "nested": [1, None, 2.5]}
    step.started_at, step.finished_at = NOW, None
    step.error_message = TEXT
    step.attempts = 3
    execute([update(step, ["output", "started_at", "finished_at", "error_message", "attempts"])])
    written = values_of(step)
    step.save()
    assert written == values_of(step)
    assert (written["output"], written["error_message"]) == (step.output, TEXT)


def test_an_update_changes_nothing_unless_its_guard_holds(task: TaskState) -> None:
    task.details = "changed"
    assert execute([update(task, ["details"], state=State.RUNNING, run=1)]) == 0
    assert reloaded(task).details != "changed"
    assert execute([update(task, ["details"], state=State.QUEUED, run=1)]) == 1
    assert reloaded(task).details == "changed"


def test_inserted_rows_are_read_as_the_orm_reads_them(task: TaskState) -> None:
    events = [
        TaskEvent(
            task=task, seq=seq, type=EventType.LOG, state=task.state, percent=12.5,
            message=TEXT, data={"text": TEXT}, at=NOW,
        )
        for seq in (2, 3)
    ]  # fmt: skip
    execute([insert(events)])
    for expected, row in zip(events, history(task)[1:], strict=True):
        for field in TaskEvent._meta.concrete_fields:
            if not field.primary_key:
                assert getattr(row, field.attname) == getattr(expected, field.attname)


def test_statements_are_executed_in_order_and_the_first_one_says_how_many_rows(
    task: TaskState,
) -> None:
    step = step_of(task, "s1")
    step.done = 1
    first = update(step, ["done"])
    step.done, step.total = 2, 2
    task.run = 7
    assert execute([first, update(step, ["done", "total"]), update(task, ["run"], run=99)]) == 1
    assert (step_of(task, "s1").done, reloaded(task).run) == (2, 1)
    assert StepRun.objects.filter(task=task, done=0).count() == 6


def test_one_that_fails_undoes_those_before_it(task: TaskState) -> None:
    task.details = "changed"
    (event,) = history(task)
    with pytest.raises(IntegrityError), transaction.atomic():
        execute([update(task, ["details"]), insert([event])])
    assert reloaded(task).details != "changed"


def test_postgresql_gets_them_all_at_once(task: TaskState) -> None:
    with CaptureQueriesContext(connection) as queries:
        execute([update(task, ["run"]), update(task, ["run"]), update(task, ["run"])])
    assert len(queries) == (1 if connection.vendor == "postgresql" else 3)
