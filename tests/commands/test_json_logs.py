"""`AGENTFORGE_LOG_FORMAT=json`: web, worker and scheduler write one object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.databases import NewDatabase
from tests.engine.driver import Engine
from tests.stack import Stack


@pytest.fixture(scope="module")
def lines(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> list[dict[str, Any]]:
    """Everything that a stack wrote while one task failed by a bug and one page was not found."""
    data_dir: Path = tmp_path_factory.mktemp("json")
    with new_database(data_dir) as environment:
        options = {**environment, "AGENTFORGE_LOG_FORMAT": "json"}
        with Stack.on(data_dir, **options) as stack, stack.client() as client:
            engine = Engine(client)
            engine.wait_for(engine.submit("test-bug"), "FAILED")
            client.get("/no/such/path", headers={"X-Request-ID": "asked-1"})
    return [json.loads(line) for line in stack.output().splitlines()]


def test_every_line_is_an_object_with_the_same_fields(lines: list[dict[str, Any]]) -> None:
    assert lines
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in lines)


def test_the_lines_of_a_step_name_it(lines: list[dict[str, Any]]) -> None:
    """Our own line about the failure, and the one that Celery writes after the step."""
    about = [line for line in lines if line.get("step") == "bug"]
    assert {line["logger"] for line in about} == {"tasks.runner", "celery.app.trace"}
    assert len({(line["task_id"], line["run"]) for line in about}) == 1
    assert all("KeyError: 'a bug'" in line["exception"] for line in about)


def test_the_lines_of_a_request_name_it(lines: list[dict[str, Any]]) -> None:
    (line,) = [line for line in lines if line.get("request_id") == "asked-1"]
    assert (line["logger"], line["message"]) == ("django.request", "Not Found: /no/such/path")
