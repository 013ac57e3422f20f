"""Steps in every process of every worker: what keeps the installation going still happens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.engine.driver import Engine
from tests.engine.outages import Breakable
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def client(breakable: Breakable) -> Iterator[httpx.Client]:
    """Another stack's workers on the same broker would not be busy."""
    with breakable.stack.client() as client:
        yield client


def test_a_webhook_is_sent_while_every_worker_is_busy(engine: Engine) -> None:
    with Receiver() as receiver:
        for task in [engine.submit("test-work") for _ in range(2)]:
            engine.wait_for_message(task, "working")
        waiting = engine.submit("test-seven", callback_url=receiver.url)
        engine.cancel(waiting)
        webhook = receiver.webhooks.get(timeout=60)
        assert json.loads(webhook.body)["task_id"] == waiting
