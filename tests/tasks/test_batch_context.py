"""What a batch can do with its context, and that batches do not wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from tasks import lifecycle
from tasks.batch_context import BatchContext
from tasks.errors import LeaseLost, StepCancelled
from tasks.interrupt import Interrupt
from tasks.lifecycle import BatchClaim, LeaseCheck
from tasks.models import TaskState
from tests.engine.waiting import eventually
from tests.tasks.engine import last_event
from tests.tasks.fan_out import batch_claimed, fanned_out

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def task(owner: User) -> TaskState:
    return fanned_out(owner)


@pytest.fixture
def context(task: TaskState) -> BatchContext:
    return context_of(batch_claimed(task))


def context_of(claim: BatchClaim) -> BatchContext:
    return BatchContext(claim, Interrupt())


def test_progress_is_refused_because_the_engine_counts(context: BatchContext) -> None:
    with pytest.raises(TypeError, match="The step many fans out, so the engine counts"):
        context.progress(1, 2)


def test_its_attempt_is_that_of_the_batch(task: TaskState, context: BatchContext) -> None:
    lifecycle.hand_back(context._claim)
    assert context_of(batch_claimed(task)).attempt == 1


def test_it_logs_into_the_history_of_the_task(task: TaskState, context: BatchContext) -> None:
    context.log("A page is damaged.", level="warning")
    assert (last_event(task).message, last_event(task).step) == ("A page is damaged.", "many")


def test_its_rows_are_committed_while_it_holds_the_batch(context: BatchContext) -> None:
    with context.transaction():
        Group.objects.create(name="written")
    assert Group.objects.filter(name="written").exists()


def test_nothing_is_written_once_the_task_is_cancelled(
    task: TaskState, context: BatchContext
) -> None:
    lifecycle.cancel(task.pk, by="somebody")
    with pytest.raises(LeaseLost), context.transaction():
        Group.objects.create(name="late")
    assert not Group.objects.filter(name="late").exists()
    with pytest.raises(LeaseLost):
        context.confirm_lease()
    with pytest.raises(LeaseLost):
        context.checkpoint()


def test_an_interrupt_stops_it(task: TaskState) -> None:
    interrupt = Interrupt()
    context = BatchContext(batch_claimed(task), interrupt)
    interrupt.set(LeaseCheck.CANCEL)
    with pytest.raises(StepCancelled), context.transaction():
        pass


@pytest.fixture
def open_transaction(context: BatchContext) -> Iterator[threading.Event]:
    """A batch of another process, in the middle of writing until the event is set."""
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with context.transaction():
            Group.objects.create(name="first")
            written.set()
            assert go_on.wait(30)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert written.wait(30)
    yield go_on
    go_on.set()
    thread.join()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time.")
def test_the_transactions_of_two_batches_do_not_wait_for_each_other(
    task: TaskState, open_transaction: threading.Event
) -> None:
    with context_of(batch_claimed(task)).transaction():
        Group.objects.create(name="second")
    assert not Group.objects.filter(name="first").exists()
    open_transaction.set()
    eventually(lambda: Group.objects.filter(name="first").exists())
