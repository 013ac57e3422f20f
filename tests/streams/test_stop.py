"""STOP over a WebSocket that comes when the task has just ended by itself, or is gone."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections

from tasks.streams.consumers import TaskWatcher
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
