"""The running engine, as these tests drive it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.engine.driver import Engine
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
