"""What Celery keeps of a step, and shows in the admin, holds no secrets."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from celery.app.task import Context
from django_celery_results.models import TaskResult

pytestmark = pytest.mark.django_db

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
