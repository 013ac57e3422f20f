"""A broker to read messages from, another worker, and the workflows that only tests run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tasks.models import TaskState
from tests.tasks.broker import Broker, broker_in_memory
from tests.tasks.engine import submitted
from tests.tasks.workers import OtherWorker
from tests.workflows import blocking, declared  # noqa: F401  (register the workflows)


@pytest.fixture
def owner(user: User) -> User:
    """Whose tasks the tests submit."""
    return user


@pytest.fixture
def task(owner: User) -> TaskState:
    """A task of theirs that nobody has begun."""
    return submitted(owner)


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A broker within this process. Without it, nobody answers, and nothing is sent."""
    with broker_in_memory() as broker:
        yield broker


@pytest.fixture
def analyze(db: None) -> Iterator[Callable[[], None]]:
    """Gives the database statistics of its rows. SQLite keeps them beyond a test, and would plan
    the queries of others by them, so they are forgotten again."""

    def analyze() -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql" and not connection.in_atomic_block:
                # The deleted rows of other tests still make an index longer.
                cursor.execute("REINDEX SCHEMA public")
                # Tells PostgreSQL besides that an index alone says enough.
                cursor.execute("VACUUM ANALYZE")
            else:
                cursor.execute("ANALYZE")

    yield analyze
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")


@pytest.fixture
def other_worker() -> Iterator[OtherWorker]:
    """Another process of this machine that may hold leases, and die."""
    with OtherWorker() as worker:
        yield worker
