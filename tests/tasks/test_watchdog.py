"""The heartbeat keeps the lease of a step that says nothing, and hears what happens to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from tasks import lifecycle
from tasks.errors import LeaseLost, StepCancelled
from tasks.interrupt import Interrupt
from tasks.models import TaskState
from tasks.watchdog import Watchdog
from tests.engine.waiting import eventually
from tests.tasks.engine import claimed, lease_end
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("broker"),
    pytest.mark.services,
]


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    """One that has closed its connection when the test's database is cleared."""
    watchdog = Watchdog()
    yield watchdog
    eventually(lambda: not watchdog._awake.is_set())


def test_a_silent_step_keeps_its_lease(task: TaskState, watchdog: Watchdog, settings: Any) -> None:
    settings.AGENTFORGE_LEASE_SECONDS = 0.6
    claim, interrupt = claimed(task), Interrupt()
    first = lease_end(task)
    with watchdog.watching(claim, interrupt):
        eventually(lambda: lease_end(task) > first)
        interrupt.check()


def test_a_cancel_is_heard_within_a_second(task: TaskState, watchdog: Watchdog) -> None:
    interrupt = Interrupt()
    with watchdog.watching(claimed(task), interrupt):
        lifecycle.cancel(task.pk, by="somebody")
        assert isinstance(eventually(lambda: interrupt.reason, seconds=1), StepCancelled)


def test_so_is_the_loss_of_the_lease(task: TaskState, watchdog: Watchdog) -> None:
    interrupt = Interrupt()
    with watchdog.watching(claimed(task), interrupt):
        hand_lease_to(ELSEWHERE, task)
        assert isinstance(eventually(lambda: interrupt.reason, seconds=1), LeaseLost)


def test_while_the_database_is_away_a_lease_is_lost_when_it_ends_and_not_before(
    task: TaskState, watchdog: Watchdog, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AGENTFORGE_LEASE_SECONDS = 1.5
    claim, interrupt = claimed(task), Interrupt()

    def look(_: lifecycle.Claim) -> None:
        raise OperationalError("the connection was closed")

    monkeypatch.setattr(lifecycle, "still_held", look)
    begun = time.monotonic()
    with watchdog.watching(claim, interrupt):
        assert isinstance(eventually(lambda: interrupt.reason), LeaseLost)
        assert time.monotonic() - begun >= 1.5


def test_it_outlives_a_step_whose_event_loop_is_gone(task: TaskState, watchdog: Watchdog) -> None:
    claim, first, second = claimed(task), Interrupt(), Interrupt()
    lifecycle.cancel(task.pk, by="somebody")
    with first.calling(call_into_a_closed_loop), watchdog.watching(claim, first):
        eventually(lambda: first.reason)
    with watchdog.watching(claim, second):
        assert eventually(lambda: second.reason, seconds=1)


def call_into_a_closed_loop() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    loop.call_soon_threadsafe(print)


def test_it_watches_one_step_after_another(task: TaskState, watchdog: Watchdog) -> None:
    claim, first, second = claimed(task), Interrupt(), Interrupt()
    with watchdog.watching(claim, first):
        pass
    eventually(lambda: not watchdog._awake.is_set())
    lifecycle.cancel(task.pk, by="somebody")
    with watchdog.watching(claim, second):
        assert eventually(lambda: second.reason, seconds=1)
    assert first.reason is None
