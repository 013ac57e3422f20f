"""`seed-db` prepares a project's database, and empties it only if somebody has said so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.cli.program import Program
from tests.cli.workbooks import workbook

pytestmark = pytest.mark.services


@pytest.fixture
def filled(program: Program, tmp_path: Path) -> Program:
    """The program, with two rows in its context."""
    path = workbook(tmp_path / "list.xlsx", {"Things": [["Name", "Price"], ["A", 1], ["B", 2]]})
    assert program("task-context", "import-excel", str(path)).result["rows"] == 2
    return program


def test_it_makes_the_tables_and_leaves_what_is_there(filled: Program) -> None:
    run = filled("seed-db")
    assert (run.code, run.result["removed"], run.result["rows"]) == (0, 0, 2)


def test_a_reset_that_nobody_has_confirmed_is_refused(
    filled: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    run = filled("seed-db", "--reset")
    assert run.code == 1
    assert "holds 2 rows" in run.error
    assert "--yes" in run.error
    assert filled("seed-db").result["rows"] == 2


@pytest.mark.parametrize("decided", ["--yes", "AGENTFORGE_ASSUME_YES"])
def test_a_reset_removes_all_rows(filled: Program, decided: str) -> None:
    if decided == "AGENTFORGE_ASSUME_YES":
        filled.set(decided, "1")
        run = filled("seed-db", "--reset")
    else:
        run = filled("seed-db", "--reset", decided)
    assert (run.code, run.result["removed"], run.result["rows"]) == (0, 2, 0)


def test_an_empty_database_is_reset_without_a_question(program: Program) -> None:
    assert program("seed-db", "--reset").code == 0


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 2), (b"\n", 2), (b"y\n", 0)])
def test_somebody_at_a_terminal_is_asked(
    filled: Program, database: str, answer: bytes, left: int, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    command = [sys.executable, "-m", "agents.cli", "seed-db", "--reset"]
    environment = {"AGENTFORGE_DB_CONN": database, "PYTHONPATH": str(settings.BASE_DIR)}
    subprocess.run(
        command, stdin=theirs, env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert filled("seed-db").result["rows"] == left


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://user:hunter2@127.0.0.1/shop", "begins with mysql, which is not known"),
        ("sqlite:///missing/folder/x.sqlite3", "cannot be opened as an SQLite database"),
        ("postgres://user:hunter2@127.0.0.1:1/shop", "127.0.0.1:1/shop cannot be reached"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(
    program: Program, url: str, sentence: str
) -> None:
    program.set("AGENTFORGE_DB_CONN", url)
    run = program("seed-db")
    assert run.code == 1
    assert sentence in run.error
    assert "hunter2" not in run.error


def test_paths_that_cannot_be_read_are_refused(program: Program) -> None:
    program.set("AGENTFORGE_PATHS", '["/srv"]')
    run = program("seed-db")
    assert (run.code, "AGENTFORGE_PATHS is no JSON object" in run.error) == (1, True)
