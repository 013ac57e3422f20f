"""A worker's database connections: kept from step to step, and replaced when they are broken."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from celery import current_app, signals
from django.db import connection

from tasks import connections

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process keeps its connections as a worker's does."""
    for name in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS"):
        monkeypatch.setitem(connection.settings_dict, name, connection.settings_dict[name])
    monkeypatch.setattr(connections, "_looked_at", 0.0)
    connection.close()
    connections.keep_connections()
    yield
    connection.close()


def begin_step() -> None:
    signals.task_prerun.send(sender=current_app.tasks["test-seven.s1"], task=None, args=())


def use() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return connection.connection


def let_pass(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.mark.usefixtures("kept")
def test_steps_that_follow_each_other_use_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    first = use()
    for seconds in (0.0, 2.0, 60.0):
        let_pass(monkeypatch, seconds)
        begin_step()
        assert use() is first


@pytest.mark.usefixtures("kept")
def test_a_connection_that_has_become_old_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    first = use()
    let_pass(monkeypatch, connections.MAX_AGE + 1)
    begin_step()
    assert use() is not first


@pytest.mark.usefixtures("kept")
def test_a_connection_that_the_server_has_closed_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server")
    first = use()
    connection.connection.pgconn.finish()
    let_pass(monkeypatch, 2)
    begin_step()
    assert use() is not first
