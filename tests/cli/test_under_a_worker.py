"""The agent program as a project's tasks run it, from a workbook to an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.cli.workbooks import Cells, workbook
from tests.engine.driver import Json
from tests.engine.waiting import eventually
from tests.stack import Stack

ROWS = 20_000
MAKE = """
from tasks.projects.models import Project
Project(name={name!r}, paths={{"input": {folder!r}}}).save()
"""


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


@pytest.fixture(scope="module")
def project(stack: Stack, folder: Path) -> str:
    name = f"shop-{uuid4().hex[:8]}"
    make = MAKE.format(name=name, folder=str(folder))
    stack.manage("shell", "--verbosity=0", f"--command={make}")
    return name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("input")


def ended(client: httpx.Client, **asked: object) -> Json:
    """The task when it has ended."""
    answer = client.post("/tasks", json=asked)
    assert answer.status_code == 202, answer.text
    task_id = answer.json()["task_id"]

    def task() -> Json | None:
        task: Json = client.get(f"/tasks/{task_id}").json()
        return task if task["state"] in ("SUCCESS", "FAILED") else None

    task_or_error = eventually(task, seconds=120)
    assert task_or_error["state"] == "SUCCESS", task_or_error["error_message"]
    return task_or_error


def test_a_workbook_of_20_000_rows_is_imported_and_answers(
    client: httpx.Client, project: str, folder: Path
) -> None:
    table: list[Cells] = [
        ["Item", "Price"],
        *([f"Thing {number}", number] for number in range(ROWS)),
    ]
    path = workbook(folder / "list.xlsx", {"Cover": [["Prices"]], "MB Attributes": table})
    ended(client, project=project, type="seed-db", params={"reset": True})
    imported = ended(
        client,
        project=project,
        type="task-context",
        command="import-excel",
        params={"file_path": str(path), "main_tab": "MB Attributes"},
    )
    assert (imported["result"]["rows"], imported["result"]["bad_rows"]) == (ROWS, 0)
    answered = ended(
        client,
        project=project,
        type="agent",
        command="run",
        params={"input": "Price of thing 17777?", "parallel_workers": 3},
    )
    (answer,) = answered["result"]["answers"]
    assert answer["answer"] == "Item: Thing 17777; Price: 17777."
    assert [citation["row"] for citation in answer["citations"]] == [17779]
