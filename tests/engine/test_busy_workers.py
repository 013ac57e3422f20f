"""Steps in every process of every worker: what keeps the installation going still happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.driver import Engine
from tests.stack import Stack, own_database
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.services


def test_a_webhook_is_sent_while_every_worker_is_busy(tmp_path: Path) -> None:
    with (
        own_database(tmp_path) as environment,
        Stack.on(tmp_path, **environment) as stack,
        stack.client() as client,
        Receiver() as receiver,
    ):
        engine = Engine(client)
        for task in [engine.submit("test-work") for _ in range(2)]:
            engine.wait_for_message(task, "working")
        waiting = engine.submit("test-seven", callback_url=receiver.url)
        engine.cancel(waiting)
        webhook = receiver.webhooks.get(timeout=60)
        assert json.loads(webhook.body)["task_id"] == waiting
        engine.cancel_what_is_left()
