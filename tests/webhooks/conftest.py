"""An owner, a receiver, and a task that calls it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from tasks.models import TaskState
from tests.tasks.broker import Broker, broker_in_memory
from tests.tasks.engine import submitted
from tests.webhooks.receiver import Receiver
from tests.workflows import declared  # noqa: F401  (registers the workflows)


@pytest.fixture(autouse=True)
def broker() -> Iterator[Broker]:
    """A broker within this process, to which couriers are called."""
    with broker_in_memory() as broker:
        yield broker


@pytest.fixture
def owner(user: User) -> User:
    return user


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def task(owner: User, receiver: Receiver) -> TaskState:
    """A waiting task whose end the receiver is to be told of."""
    return submitted(owner, callback_url=receiver.url)
