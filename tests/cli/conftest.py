"""The program on an empty database: an SQLite file, or one on the server of DATABASE_URL."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.cli.store import open_store
from tests.cli.program import Program
from tests.databases import own_database


@pytest.fixture(scope="session")
def server_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with own_database(tmp_path_factory.mktemp("cli")) as environment:
        yield environment["DATABASE_URL"]


@pytest.fixture
def database(server_database: str, tmp_path: Path) -> str:
    """Where the project's context is."""
    return server_database or f"sqlite:///{tmp_path}/context.sqlite3"


@pytest.fixture
def unprepared(
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Program]:
    """The program before `seed-db`."""
    monkeypatch.chdir(tmp_path)
    terminated = signal.getsignal(signal.SIGTERM)
    program = Program({"AGENTFORGE_DB_CONN": database}, monkeypatch, capsys)
    yield program
    with open_store(database) as store:
        store.remove_tables()
    signal.signal(signal.SIGTERM, terminated)


@pytest.fixture
def program(unprepared: Program) -> Program:
    """The program after it."""
    assert unprepared("seed-db").code == 0
    return unprepared
