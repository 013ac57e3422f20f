"""STOP over a WebSocket that comes when the task has just ended by itself, or is gone."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.db import connections

from tasks.models import AuditEntry, TaskState
from tasks.states import State
from tasks.streams.consumers import TaskWatcher
from tests.people import staff_of
from tests.streams.history import History

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.mark.parametrize("is_gone", [False, True])
async def test_it_changes_nothing_and_breaks_nothing(
    user: User, is_gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    history = await asyncio.to_thread(History, user)
    await history.commit("SUCCESS")
    watcher = TaskWatcher()
    watcher.task_id, watcher.user = uuid4() if is_gone else history.id, user
    watcher._following = asyncio.create_task(asyncio.sleep(600))
    await watcher.receive("STOP")
    assert not watcher._following.done()
    await watcher.disconnect(1000)
    await asyncio.wait([watcher._following])
    assert watcher._following.cancelled()


@pytest.mark.parametrize("role", ["Viewers", "Operators"])
async def test_whoever_may_watch_but_not_cancel_is_told_so(
    user: User, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    history = await asyncio.to_thread(History, user)
    watcher, sent = TaskWatcher(), []
    watcher.task_id, watcher.user = history.id, await database_sync_to_async(staff_of)(role)
    watcher._following = asyncio.create_task(asyncio.sleep(600))

    async def send(text_data: str) -> None:
        sent.append(json.loads(text_data))

    monkeypatch.setattr(watcher, "send", send)
    await watcher.receive("STOP")
    watcher._following.cancel()
    task = await database_sync_to_async(TaskState.objects.get)(pk=history.id)
    sources = await database_sync_to_async(_sources)()
    if role == "Operators":
        assert (task.state, sent) == (State.CANCELLED, [])
        assert sources == ["websocket"]
    else:
        assert task.state == State.RUNNING
        assert [message["type"] for message in sent] == ["refusal"]
        assert "tasks.cancel_taskstate" in sent[0]["message"]
        assert sources == []


def _sources() -> list[str]:
    """Where the acts of the audit trail came from."""
    return list(AuditEntry.objects.values_list("source", flat=True))
