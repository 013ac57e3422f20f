"""A project that names no program runs this installation's own, in a directory of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from openpyxl import Workbook

from tasks.projects.models import Project
from tasks.projects.submission import submit
from tasks.states import State
from tests.projects.test_steps import executed
from tests.tasks.engine import reloaded

pytestmark = pytest.mark.django_db


def result_of(user: User, type_: str, command: str = "", **params: Any) -> Any:
    """The result of a task that is executed here and now, step by step."""
    task = submit(user, project="shop", type=type_, command=command, params=params).task
    for step in ("fetch", "build", "run"):
        executed(task, step)
    task = reloaded(task)
    assert (task.state, task.percent) == (State.SUCCESS, 100)
    return task.result


def test_it_prepares_its_database_imports_a_workbook_and_answers(
    user: User, project: Project, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    database = tmp_path / "shop.sqlite3"
    project.command, project.working_directory = [], ""
    project.db_conn = f"sqlite:///{database}"
    project.save()
    workbook = Workbook()
    tab = workbook.create_sheet("MB Attributes")
    for row in (["name", "price"], ["kettle", 12], ["lamp", 30]):
        tab.append(row)
    file = Path(project.paths["input"]) / "list.xlsx"
    workbook.save(file)

    assert result_of(user, "seed-db", reset=True)["database"] == str(database)
    imported = result_of(
        user, "task-context", "import-excel", file_path=str(file), main_tab="MB Attributes"
    )
    assert (imported["rows"], imported["bad_rows"]) == (2, 0)
    question = "What does the kettle cost?"
    answered = result_of(user, "agent", "run", input=question, parallel_workers=2)
    assert [answer["question"] for answer in answered["answers"]] == [question]
    assert (tmp_path / "data" / "projects" / "shop").is_dir()
