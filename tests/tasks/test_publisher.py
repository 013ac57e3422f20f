"""Telling the watchers never gets in the way of anything else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import InMemoryChannelLayer
from django.conf import settings

from tasks import publisher
from tasks.events import EventPayload
from tests.engine.waiting import eventually

PUBLISH_AND_END = """
import django
django.setup()
from uuid import uuid4
from tasks import publisher
publisher.publish(uuid4(), [])
"""

FORK = """
import django
django.setup()
import os, threading
from uuid import uuid4
from tasks import dispatch, publisher
publisher.publish(uuid4(), [])
dispatch.soon("nothing", int)
if not os.fork():
    publisher.publish(uuid4(), [])
    dispatch.soon("nothing", int)
    names = {thread.name for thread in threading.enumerate()}
    os._exit(0 if {"publisher", "dispatch"} <= names else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


class Layer(InMemoryChannelLayer):
    """Keeps what it was sent, after it has failed, or hung, at the first message."""

    def __init__(self, hangs: bool = False) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.tried = 0
        self._hangs = hangs

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.tried += 1
        if self.tried == 1:
            if self._hangs:
                await asyncio.sleep(600)
            raise ConnectionError("nobody is there")
        self.sent.append(message["task_id"])


def event(seq: int, length: int = 1) -> EventPayload:
    return EventPayload(
        seq=seq,
        type="log",
        at="",
        state="RUNNING",
        percent=0,
        step="",
        message="x" * length,
        data={},
    )


def published(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> tuple[publisher.Publisher, UUID]:
    """A publisher that has begun to send its first message."""
    monkeypatch.setattr(publisher, "get_channel_layer", lambda: layer)
    first, telling = uuid4(), publisher.Publisher()
    telling.put(first, [event(1)])
    eventually(lambda: layer.tried)
    return telling, first


@pytest.mark.parametrize("hangs", [False, True])
def test_what_cannot_be_told_keeps_nothing_else_from_being_told(
    hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PUBLISH_TIMEOUT", 0.1)
    layer, later = Layer(hangs), uuid4()
    telling, _ = published(layer, monkeypatch)
    telling.put(later, [event(1)])
    assert eventually(lambda: layer.sent) == [str(later)]


def test_nobody_waits_for_a_channel_layer_that_is_too_slow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publisher, "QUEUE_LENGTH", 2)
    monkeypatch.setattr(publisher, "PUBLISH_TIMEOUT", 5)
    telling, task_id = published(Layer(hangs=True), monkeypatch)
    begun = time.monotonic()
    for _ in range(10):
        telling.put(task_id, [event(2)])
    assert time.monotonic() - begun < 2
    assert "too slow" in caplog.text


def test_long_events_travel_in_messages_of_their_own() -> None:
    half = publisher.MESSAGE_CHARACTERS // 2
    events = [event(1), event(2, half), event(3, half), event(4, 5 * half), event(5)]
    told = [
        [wire.seq for wire in message["events"]] for message in publisher.messages(uuid4(), events)
    ]
    assert told == [[1, 2], [3], [4], [5]]


def test_a_forked_process_has_threads_of_its_own() -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        cwd=settings.BASE_DIR,
        timeout=60,
        check=True,
    )


def test_a_process_that_has_published_can_end() -> None:
    subprocess.run(
        [sys.executable, "-c", PUBLISH_AND_END],
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        cwd=settings.BASE_DIR,
        timeout=60,
        check=True,
    )
