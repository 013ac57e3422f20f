"""How a step's end reaches the database, also when that is away just then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from celery.exceptions import Ignore
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections

from tasks import lifecycle
from tasks.context import StepContext
from tasks.errors import PermanentError
from tasks.models import TaskState
from tasks.runner import run_step
from tasks.states import State
from tasks.watchdog import watchdog
from tasks.workflows import Step
from tests.engine.waiting import eventually
from tests.tasks.engine import finished, history, reloaded, step_of, submitted

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("broker"),
    pytest.mark.services,
]


class Outage:
    """A database that lets down the next `statements` of this thread's connection."""

    statements = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.statements:
            self.statements -= 1
            raise OperationalError("the connection was closed")
        return execute(sql, params, many, context)


@pytest.fixture
def outage() -> Iterator[Outage]:
    outage = Outage()
    with connection.execute_wrapper(outage):
        yield outage


@pytest.fixture(autouse=True)
def _no_connection_is_left() -> Iterator[None]:
    """The heartbeat has closed its connection when the test's database is cleared."""
    yield
    eventually(lambda: not watchdog()._awake.is_set())


@pytest.fixture
def task(owner: User) -> TaskState:
    """A task whose next step is `fail`."""
    return finished(submitted(owner, "test-hopeless"), "fine")


def test_an_outage_of_the_database_does_not_hide_why_a_step_failed(
    task: TaskState, outage: Outage
) -> None:
    def fail(ctx: StepContext) -> None:
        outage.statements = 1
        raise PermanentError("This can never work. Do something else.", code="hopeless")

    with pytest.raises(PermanentError):
        run_step(current_app.tasks["test-hopeless.fail"], Step("fail", fail, 60), task.pk, run=1)
    task = reloaded(task)
    assert (task.state, task.error_code, task.lease_holder) == (State.FAILED, "hopeless", "")
    assert step_of(task, "fail").deaths == 0
    assert [event.state for event in history(task)].count(State.FAILED) == 1


def test_a_connection_that_broke_is_replaced_so_that_the_end_can_be_recorded(
    task: TaskState, settings: Any
) -> None:
    settings.AGENTFORGE_LEASE_SECONDS = 1.5

    def fail(ctx: StepContext) -> None:
        connection.ensure_connection()
        connection.connection.close()
        raise PermanentError("This can never work. Do something else.", code="hopeless")

    with pytest.raises(PermanentError):
        run_step(current_app.tasks["test-hopeless.fail"], Step("fail", fail, 60), task.pk, run=1)
    assert reloaded(task).error_code == "hopeless"


def test_an_interrupted_step_leaves_its_connection_to_nobody(task: TaskState) -> None:
    used = connections["default"]

    def be_cancelled(ctx: StepContext) -> None:
        lifecycle.cancel(ctx.task_id, by="somebody")
        while True:
            ctx.confirm_lease()
            ctx.progress(0, 1)
            ctx.flush()

    with pytest.raises(Ignore):
        run_step(
            current_app.tasks["test-hopeless.fail"], Step("fail", be_cancelled, 60), task.pk, run=1
        )
    assert reloaded(task).state == State.CANCELLED
    assert connections["default"] is not used
