"""A process that freezes in a transaction keeps its task's row locked, and nobody else waiting."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import InternalError, connection, transaction

from tasks import lifecycle, rescue
from tasks.models import TaskState
from tasks.states import State
from tasks.workflows import RetryPolicy
from tests.tasks.broker import Broker
from tests.tasks.engine import claimed, let_lease_expire, make_due, reloaded, submitted
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.services,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows"),
]


@contextmanager
def frozen_with(task: TaskState) -> Iterator[None]:
    """Somebody has locked the task's row, and does nothing more."""
    frozen = connection.copy()
    frozen.set_autocommit(False)
    try:
        with frozen.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tasks_taskstate WHERE id = %s FOR UPDATE", [task.pk])
        yield
    finally:
        frozen.close()


def beside(task: TaskState, act: Callable[[], Any]) -> Any:
    """What `act` returns while the task is frozen; it gets eight seconds."""

    def acting() -> Any:
        try:
            return act()
        finally:
            connection.close()

    # Thawed before the thread is waited for, so that a failure is no deadlock.
    with ThreadPoolExecutor(1) as pool, frozen_with(task):
        return pool.submit(acting).result(timeout=8)


def lost(owner: User) -> TaskState:
    """A task whose holder, on another machine, has not renewed its lease."""
    task = submitted(owner)
    claimed(task)
    hand_lease_to(ELSEWHERE, task)
    let_lease_expire(task)
    return task


def test_the_sweep_takes_back_all_the_others(owner: User, broker: Broker) -> None:
    frozen, other = lost(owner), lost(owner)
    assert beside(frozen, rescue.take_back_lost_leases) == [other.pk]
    assert (reloaded(frozen).lease_holder, reloaded(other).lease_holder) == (ELSEWHERE, "")
    assert rescue.take_back_lost_leases() == [frozen.pk]


def test_the_sweep_sends_all_the_others(owner: User, broker: Broker) -> None:
    frozen, other = submitted(owner), submitted(owner)
    broker.messages()
    for task in (frozen, other):
        make_due(task)
    assert beside(frozen, rescue.dispatch_due) == 1
    assert (reloaded(frozen).dispatches, reloaded(other).dispatches) == (0, 1)


def test_its_lock_ends_with_its_lease(owner: User, broker: Broker, settings: Any) -> None:
    task = submitted(owner)
    settings.AGENTFORGE_LEASE_SECONDS = 1.5
    cancelled = beside(task, lambda: lifecycle.cancel(task.pk, by=owner))
    assert cancelled.state == State.CANCELLED


def test_a_step_whose_transaction_was_ended_is_worth_another_attempt() -> None:
    with pytest.raises(InternalError) as ended, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 50")
        # PostgreSQL says so at once, and its driver only when it is asked for something.
        told, _, _ = select.select([connection.connection.fileno()], [], [], 10)
        assert told
        cursor.execute("SELECT 1")
    connection.close()
    policy = RetryPolicy(attempts=2)
    assert policy.allows(ended.value, 1)
    assert not policy.allows(ended.value, 2)
    assert not policy.allows(InternalError("another"), 1)
