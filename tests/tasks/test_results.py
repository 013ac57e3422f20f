"""What Celery keeps of a step, and shows in the admin, holds no secrets."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app, states
from celery.app.task import Context
from celery.exceptions import Ignore
from django_celery_results.models import TaskResult

from tasks import runner
from tasks.models import TaskState
from tasks.statements import execute
from tests.tasks.engine import step_of

pytestmark = [pytest.mark.django_db, pytest.mark.services]

TRACEBACK = 'File "x.py", line 1\nOSError: https://me:hunter2@example.com refused'


def kept(result: Any, status: str, traceback: str | None = None) -> TaskResult:
    """What the database holds after a worker has stored this."""
    task_id = str(uuid4())
    request = Context(id=task_id, task="test-bug.bug", args=(), kwargs={})
    current_app.backend.store_result(task_id, result, status, traceback, request)
    return TaskResult.objects.get(task_id=task_id)


def test_a_traceback_is_masked() -> None:
    row = kept(OSError("password: hunter2"), "FAILURE", TRACEBACK)
    assert row.traceback == TRACEBACK.replace("me:hunter2@", "***@")
    assert json.loads(row.result)["exc_type"] == "OSError"
    assert "hunter2" not in row.result


def test_what_a_step_returned_is_masked_and_else_as_it_was() -> None:
    row = kept({"pages": 3, "api_key": "hunter2"}, "SUCCESS")
    assert json.loads(row.result) == {"pages": 3, "api_key": "***"}
    assert row.traceback is None


def executed(step: str, task: TaskState) -> str:
    """Execute the step as a worker does, but for what Celery does afterwards: the message's id."""
    celery_task = current_app.tasks[f"test-seven.{step}"]
    message = str(uuid4())
    celery_task.push_request(id=message, task=celery_task.name, argsrepr="('x',)")
    try:
        celery_task.run(str(task.pk), 1)
        celery_task.backend.mark_as_done(message, "a second time", celery_task.request)
    finally:
        celery_task.pop_request()
    return message


def test_the_result_of_a_step_is_stored_with_its_success_and_not_once_more(
    task: TaskState,
) -> None:
    row = TaskResult.objects.get(task_id=executed("s1", task))
    assert row.status == states.SUCCESS
    assert row.task_name == "test-seven.s1"
    assert json.loads(row.result) == step_of(task, "s1").output == {"step": "s1", "saw": []}
    assert "('x',)" in row.task_args


def test_a_step_that_lost_its_lease_stores_no_result(
    task: TaskState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "execute", lambda *_: take_lease_away(task))
    with pytest.raises(Ignore):
        executed("s1", task)
    assert not TaskResult.objects.exists()


def take_lease_away(task: TaskState) -> None:
    TaskState.objects.filter(pk=task.pk).update(lease_holder="somebody else")


def test_the_result_of_an_attempt_that_is_tried_again_is_overwritten() -> None:
    request = Context(id="again", task="test-bug.bug", args=(), kwargs={})
    results: Any = current_app.backend
    results.store_result("again", OSError("refused"), states.RETRY, "a traceback", request)
    first: Any = TaskResult.objects.get(task_id="again")
    execute([results.as_statement(request, {"pages": 3})])
    row: Any = TaskResult.objects.get(task_id="again")
    assert (row.pk, row.date_created) == (first.pk, first.date_created)
    assert (row.status, row.traceback, json.loads(row.result)) == ("SUCCESS", None, {"pages": 3})
    assert row.date_done > first.date_done
