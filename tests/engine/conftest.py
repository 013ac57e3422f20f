"""The running engine, as these tests drive it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.databases import NewDatabase
from tests.engine.driver import Engine
from tests.engine.gate import Gate
from tests.engine.outages import Breakable
from tests.stack import Stack


@pytest.fixture(scope="session")
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


@pytest.fixture
def engine(client: httpx.Client) -> Iterator[Engine]:
    """The API of the running stack. What a test leaves unfinished is cancelled."""
    engine = Engine(client)
    yield engine
    engine.cancel_what_is_left()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


@pytest.fixture(scope="session")
def breakable(
    tmp_path_factory: pytest.TempPathFactory,
    new_database: NewDatabase,
    servers: dict[str, str],
) -> Iterator[Breakable]:
    """A stack of its own, whose servers may go away; the other tests find theirs whole."""
    data_dir = tmp_path_factory.mktemp("breakable")
    with (
        new_database(data_dir) as database,
        Breakable.started(data_dir, database, servers) as running,
    ):
        yield running
