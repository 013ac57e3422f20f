"""A broker to read messages from, another worker, and the workflows that only tests run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

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
def other_worker() -> Iterator[OtherWorker]:
    """Another process of this machine that may hold leases, and die."""
    with OtherWorker() as worker:
        yield worker
