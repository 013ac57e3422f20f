"""Log lines: what they are about, in both formats, and masked in both."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks import log_lines
from tasks.context import StepContext
from tasks.interrupt import Interrupt
from tasks.log_lines import IdsFilter, JsonFormatter, LineFormatter
from tasks.masking import MaskingFilter
from tasks.runner import name_log_lines, unname_log_lines
from tasks.workflows import get
from tests.tasks.engine import claimed, submitted


def record(message: str, *args: Any, **more: Any) -> logging.LogRecord:
    """A record as the handler passes it on: after its filters."""
    made = logging.LogRecord("tasks.x", logging.INFO, "", 1, message, args, **more)
    assert IdsFilter().filter(made)
    assert MaskingFilter().filter(made)
    return made


def as_json(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(made)
    assert "\n" not in line
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def failing(error: Exception) -> Any:
    try:
        raise error
    except Exception:
        return sys.exc_info()


def test_a_line_is_one_json_object() -> None:
    with log_lines.about(request_id="r1"):
        line = as_json(record("two\nlines of %s", "text", exc_info=None))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "tasks.x",
        "message": "two\nlines of text",
        "request_id": "r1",
    }


def test_an_exception_stands_on_the_same_line_masked() -> None:
    made = record("failed", exc_info=failing(ValueError("https://user:secret@x.example/")))
    exception = as_json(made)["exception"]
    assert exception.startswith("Traceback")
    assert "https://***@x.example/" in exception


def test_what_a_library_attaches_to_a_record_is_left_out() -> None:
    made = record("done", exc_info=None)
    made.data = {"args": "password: hunter2"}
    assert "hunter2" not in json.dumps(as_json(made))


def test_a_line_for_people_ends_with_the_ids() -> None:
    formatter = LineFormatter("{levelname} {message}", style="{")
    with log_lines.about(task_id="t1"), log_lines.about(step="scrape"):
        line = formatter.format(record("hello", exc_info=None))
    assert line == "INFO hello [task_id=t1 step=scrape]"
    assert formatter.format(record("hello", exc_info=None)) == "INFO hello"


def test_a_celery_task_of_a_step_names_its_lines_until_it_is_over() -> None:
    from celery import current_app

    task = current_app.tasks[get("test-seven").celery_name("s2")]
    name_log_lines(task, ("t1", 3))
    try:
        assert (
            as_json(record("x", exc_info=None)).items()
            >= {
                "task_id": "t1",
                "step": "s2",
                "run": 3,
            }.items()
        )
    finally:
        unname_log_lines()
    assert "task_id" not in as_json(record("x", exc_info=None))


@pytest.mark.django_db(transaction=True)
def test_lines_from_a_steps_database_thread_are_named_too(user: User) -> None:
    context = StepContext(claimed(submitted(user)), Interrupt())

    async def step() -> dict[str, Any]:
        with log_lines.about(step="s1"):
            return await context.in_thread(lambda: as_json(record("x", exc_info=None)))

    try:
        assert asyncio.run(step())["step"] == "s1"
    finally:
        context.close()
