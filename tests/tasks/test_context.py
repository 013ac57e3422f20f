"""What a step function can do with its context, and what becomes of it when the lease is gone."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.db.models import QuerySet

from tasks import lifecycle
from tasks.context import REPORT_INTERVAL, StepContext
from tasks.errors import LeaseLost, StepCancelled
from tasks.interrupt import Interrupt
from tasks.lifecycle import LeaseCheck
from tasks.models import TaskState
from tasks.states import EventType
from tests.tasks.engine import claimed, everything, history, last_event, reloaded
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def interrupt() -> Interrupt:
    return Interrupt()


@pytest.fixture
def context(task: TaskState, interrupt: Interrupt) -> StepContext:
    return StepContext(claimed(task), interrupt)


def pages() -> QuerySet[Group]:
    """The rows that a step has written; there are groups of the installation, too."""
    return Group.objects.filter(name__startswith="page")


def progress_events(task: TaskState) -> list[tuple[int, int]]:
    return [
        (event.data["done"], event.data["total"])
        for event in history(task)
        if event.type == EventType.PROGRESS
    ]


def test_many_reports_make_about_eight_events_a_second_and_the_last_is_among_them(
    task: TaskState, context: StepContext
) -> None:
    begun = time.monotonic()
    for done in range(1, 201):
        context.progress(done, 200)
    context.flush()
    written, elapsed = progress_events(task), time.monotonic() - begun
    assert written[0] == (1, 200)
    assert written[-1] == (200, 200)
    assert len(written) <= 2 + elapsed / REPORT_INTERVAL
    assert reloaded(task).percent == 5


def test_nothing_is_written_twice(task: TaskState, context: StepContext) -> None:
    context.progress(1, 2)
    context.flush()
    assert progress_events(task) == [(1, 2)]


def test_a_transaction_commits_rows_and_progress_together(
    task: TaskState, context: StepContext
) -> None:
    for done in (1, 2, 3):
        with context.transaction():
            Group.objects.create(name=f"page {done}")
            context.progress(done, 3)
    assert pages().count() == 3
    assert progress_events(task) == [(1, 3), (2, 3), (3, 3)]


def test_what_fails_in_a_transaction_leaves_neither(task: TaskState, context: StepContext) -> None:
    before = everything()
    with pytest.raises(ZeroDivisionError), context.transaction():
        Group.objects.create(name="page")
        context.progress(1, 3)
        raise ZeroDivisionError
    assert not pages().exists()
    assert everything()[1:] == before[1:]


def test_without_the_lease_a_transaction_writes_nothing(
    task: TaskState, context: StepContext
) -> None:
    hand_lease_to(ELSEWHERE, task)
    with pytest.raises(LeaseLost), context.transaction():
        Group.objects.create(name="page")
    assert not pages().exists()
    with pytest.raises(LeaseLost):
        context.checkpoint()


def test_a_lease_that_is_lost_within_a_transaction_takes_its_rows_with_it(
    task: TaskState, context: StepContext
) -> None:
    with pytest.raises(LeaseLost), context.transaction():
        Group.objects.create(name="page")
        hand_lease_to(ELSEWHERE, task)
        context.progress(1, 3)
    assert not pages().exists()


def test_a_step_can_end_within_its_transaction(task: TaskState, context: StepContext) -> None:
    with context.transaction():
        Group.objects.create(name="page")
        context.succeed({"pages": 1})
    assert context.has_succeeded
    step = task.steps.get(name="s1")
    assert (step.state, step.output) == ("SUCCESS", {"pages": 1})
    assert pages().exists()


def test_nothing_interrupts_a_step_that_has_ended_within_its_transaction(
    task: TaskState, context: StepContext
) -> None:
    context.progress(1, 3)
    context.progress(2, 3)  # Held back.
    with context.transaction():
        context.succeed({"pages": 1})
        # The heartbeat, which has waited for the commit, finds no lease.
        context._interrupt.set(LeaseCheck.LOST)
    context._interrupt.set(LeaseCheck.LOST)
    context.flush()
    context.checkpoint()


def test_a_cancel_that_came_before_takes_the_transaction_back(
    task: TaskState, context: StepContext, owner: User
) -> None:
    lifecycle.cancel(task.pk, by=owner)
    before = everything()
    with pytest.raises(StepCancelled), context.transaction():
        Group.objects.create(name="page")
        context.succeed({"pages": 1})
    assert not context.has_succeeded
    assert not pages().exists()
    assert everything()[1:] == before[1:]


def test_without_the_lease_nothing_can_be_said(task: TaskState, context: StepContext) -> None:
    hand_lease_to(ELSEWHERE, task)
    before = everything()
    with pytest.raises(LeaseLost):
        context.log("Still here.")
    with pytest.raises(LeaseLost):
        context.progress(1, 2)
    assert everything() == before


def test_the_lease_is_confirmed_in_the_database(task: TaskState, context: StepContext) -> None:
    context.confirm_lease()
    hand_lease_to(ELSEWHERE, task)
    context.checkpoint()
    with pytest.raises(LeaseLost):
        context.confirm_lease()


def test_a_log_line_carries_its_level_and_data(task: TaskState, context: StepContext) -> None:
    context.log("No page there.", level="warning", url="https://example.com/x")
    assert last_event(task).message == "No page there."
    assert last_event(task).data == {"level": "warning", "url": "https://example.com/x"}


def test_a_step_hears_of_its_cancellation_when_it_reports(
    task: TaskState, context: StepContext
) -> None:
    context.checkpoint()
    lifecycle.cancel(task.pk, by="somebody")
    context.progress(1, 2)
    with pytest.raises(StepCancelled):
        context.checkpoint()
    with pytest.raises(StepCancelled):
        context.progress(2, 2)
    with pytest.raises(StepCancelled), context.transaction():
        pass


def test_the_first_reason_to_stop_stays(interrupt: Interrupt) -> None:
    interrupt.set(LeaseCheck.CANCEL)
    interrupt.set(LeaseCheck.LOST)
    with pytest.raises(StepCancelled):
        interrupt.check()


def test_an_interrupt_calls_whoever_waits_for_it_and_nobody_else(interrupt: Interrupt) -> None:
    calls: list[str] = []
    with interrupt.calling(lambda: calls.append("too early")):
        pass
    with interrupt.calling(lambda: calls.append("waiting")):
        interrupt.set(LeaseCheck.CANCEL)
    with interrupt.calling(lambda: calls.append("came later")):
        pass
    assert calls == ["waiting", "came later"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_the_database_thread_leaves_no_connection_behind(context: StepContext) -> None:
    async def step() -> Any:
        await context.in_thread(context.log, "from the thread")
        return await context.in_thread(lambda: connections["default"])

    of_the_thread = asyncio.run(step())
    assert of_the_thread.connection is not None
    context.close()
    assert of_the_thread.connection is None
    connection.ensure_connection()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_an_asynchronous_step_has_one_thread_for_the_database(
    task: TaskState, context: StepContext
) -> None:
    async def step() -> set[int]:
        threads = [context.in_thread(threading.get_ident) for _ in range(4)]
        await context.in_thread(context.log, "from the thread")
        return set(await asyncio.gather(*threads))

    idents = asyncio.run(step())
    context.close()
    assert len(idents) == 1
    assert threading.get_ident() not in idents
    assert last_event(task).message == "from the thread"


@pytest.mark.django_db(transaction=True)
def test_a_program_in_the_thread_of_a_step_that_fails_is_stopped(context: StepContext) -> None:
    """Nobody interrupts such a step; it has just ended."""
    begun = time.monotonic()

    async def step() -> None:
        running = asyncio.ensure_future(context.in_thread(context.run_program, ["sleep", "600"]))
        await asyncio.sleep(0.2)
        running.cancel()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), closing(context):
        asyncio.run(step())
    assert time.monotonic() - begun < 60
