"""One thing of each kind, which somebody owns who is not of the staff."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from agents.documents.models import Document
from agents.models import AgentRecord
from tasks import lifecycle
from tasks.models import TaskState, WebhookDelivery
from tests.dashboard import builds
from tests.tasks.broker import Broker, broker_in_memory
from tests.tasks.engine import submitted
from tests.workflows import declared  # noqa: F401  (registers the workflows)


@pytest.fixture(autouse=True)
def broker() -> Iterator[Broker]:
    """A broker within this process, which takes what is retried."""
    with broker_in_memory() as broker:
        yield broker


@pytest.fixture
def agent(user: User) -> AgentRecord:
    return builds.agent_at_provider(user)


@pytest.fixture
def delivery(user: User) -> WebhookDelivery:
    task: TaskState = submitted(user, callback_url="https://example.com/hook")
    lifecycle.cancel(task.pk, by="a test")
    return WebhookDelivery.objects.get()


@pytest.fixture
def document(user: User) -> Document:
    return Document.objects.create(
        id=uuid4(), owner=user, name="manual.txt", kind="text", bytes=4, sha256="0" * 64
    )
