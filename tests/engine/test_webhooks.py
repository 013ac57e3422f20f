"""Webhooks of the running engine: told soon, and never in the way of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Event

import httpx
import pytest

from tests.engine.driver import Engine
from tests.engine.waiting import eventually
from tests.webhooks.receiver import Receiver, until

pytestmark = pytest.mark.services


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_the_end_of_a_task_is_told_and_logged(
    engine: Engine, client: httpx.Client, receiver: Receiver
) -> None:
    task_id = engine.submit("test-seven", callback_url=receiver.url)
    webhook = receiver.webhooks.get(timeout=20)
    told, now = json.loads(webhook.body), engine.wait_for(task_id, "SUCCESS")
    assert told == now
    log = f"/tasks/{task_id}/webhooks"
    delivery = eventually(
        lambda: next((d for d in client.get(log).json()["results"] if d["finished_at"]), None)
    )
    assert (delivery["state"], delivery["attempts"][0]["status"]) == ("DELIVERED", 204)
    assert client.post(f"{log}/{delivery['delivery_id']}/replay").status_code == 202
    again = receiver.webhooks.get(timeout=20)
    assert again.headers["webhook-id"] == webhook.headers["webhook-id"]


def test_tasks_go_on_while_receivers_hang(engine: Engine, receiver: Receiver) -> None:
    release = Event()
    receiver.answer = until(release)
    try:
        for _ in range(4):
            engine.submit("test-seven", callback_url=receiver.url)
        receiver.webhooks.get(timeout=20)
        engine.wait_for(engine.submit("test-seven"), "SUCCESS", seconds=8)
    finally:
        release.set()
