"""What a cancelled task did outside is undone once it is cancelled, whatever comes in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured

from tasks import dispatch, lifecycle, rescue
from tasks.errors import PermanentError, Superseded, TransientError
from tasks.models import TaskState
from tasks.states import State, StepState
from tasks.undo import UndoContext, undo
from tasks.workflows import Step, Undo, Workflow
from tests.tasks.broker import Broker
from tests.tasks.engine import (
    claimed,
    finished,
    history,
    reloaded,
    seconds_from_now,
    step_of,
    submitted,
)
from tests.tasks.engine import make_due as make_dispatch_due
from tests.tasks.workers import ELSEWHERE, OtherWorker, hand_lease_to
from tests.workflows import blocking
from tests.workflows.declared import any_params, nothing

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("broker"),
    pytest.mark.services,
]


@pytest.fixture
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UndoContext]]:
    """What `test-undone` has been asked to undo."""
    calls: list[UndoContext] = []
    monkeypatch.setattr(blocking, "on_undo", calls.append)
    yield calls


@pytest.fixture(autouse=True)
def _no_message_is_left(broker: Broker) -> None:
    messages(broker)


@pytest.fixture
def task(owner: User) -> TaskState:
    """A task whose step `outside` has been claimed."""
    task = finished(submitted(owner, "test-undone"), "inside")
    claimed(task, "outside")
    return reloaded(task)


def held(task: TaskState) -> lifecycle.Claim:
    """The claim on the step in hand, by whoever has it."""
    task = reloaded(task)
    return lifecycle.Claim(
        task_id=task.pk,
        run=task.run,
        step=task.current_step,
        attempt=1,
        tries=1,
        holder=task.lease_holder,
        weight=40,
        base=40,
        owner_id=task.owner_id,
        params={},
        outputs={},
        is_planned=False,
    )


def cancelled(task: TaskState) -> TaskState:
    """The task after the worker has stopped as asked."""
    lifecycle.cancel(task.pk, by="somebody")
    if reloaded(task).lease_holder:
        lifecycle.cancelled(held(task))
    return reloaded(task)


def make_due(task: TaskState) -> None:
    TaskState.objects.filter(pk=task.pk).update(undo_due_at=task.created_at)


def messages(broker: Broker) -> list[str]:
    """The ids of the tasks whose clean-up a worker was asked for since the last look."""
    dispatch.flush()
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("maintenance")
        found = []
        try:
            while True:
                message = queue.get(block=False)
                message.ack()
                if message.headers["task"] == "engine.undo":
                    found.append(message.payload[0][0])
        except queue.Empty:
            queue.close()
    return found


def test_a_worker_is_asked_for_it_as_soon_as_the_task_is_cancelled(
    task: TaskState, broker: Broker
) -> None:
    assert cancelled(task).undo_due_at is not None
    assert messages(broker) == [str(task.pk)]


def test_it_is_done_once_and_leaves_no_event_after_the_final_one(
    task: TaskState, undone: list[UndoContext]
) -> None:
    before = history(cancelled(task))
    undo(str(task.pk))
    undo(str(task.pk))
    assert [(call.task_id, call.step, call.attempt) for call in undone] == [(task.pk, "outside", 1)]
    task = reloaded(task)
    assert (task.state, task.undo_due_at, task.undo_pending) == (State.CANCELLED, None, False)
    assert (task.lease_holder, task.details) == ("", "Cancelled, and cleaned up.")
    assert history(task) == before


@pytest.mark.parametrize("workflow", ["test-undone", "test-seven"])
def test_a_task_that_has_done_nothing_outside_has_nothing_to_undo(
    owner: User, broker: Broker, workflow: str, undone: list[UndoContext]
) -> None:
    task = submitted(owner, workflow)
    claimed(task, "inside" if workflow == "test-undone" else "s1")
    assert cancelled(task).undo_due_at is None
    undo(str(task.pk))
    assert messages(broker) == []
    assert undone == []


def test_what_a_run_before_this_one_did_is_undone_too(
    task: TaskState, undone: list[UndoContext]
) -> None:
    cancelled(task)
    lifecycle.retry(task.pk, by="somebody")
    assert cancelled(reloaded(task)).undo_due_at is not None
    undo(str(task.pk))
    assert len(undone) == 1


def test_a_failed_task_keeps_what_it_did_for_a_retry(task: TaskState, broker: Broker) -> None:
    lifecycle.fail(held(task), "reason", "It failed.")
    assert reloaded(task).undo_due_at is None
    assert messages(broker) == []


@pytest.mark.parametrize(
    ("error", "is_due"), [(TransientError("Busy."), True), (PermanentError("Gone."), False)]
)
def test_what_fails_is_due_again_unless_that_is_pointless(
    task: TaskState, monkeypatch: pytest.MonkeyPatch, error: Exception, is_due: bool
) -> None:
    def fail(_: Any) -> None:
        raise error

    monkeypatch.setattr(blocking, "on_undo", fail)
    cancelled(task)
    undo(str(task.pk))
    task = reloaded(task)
    assert (task.undo_due_at is not None, task.undo_pending) == (is_due, True)
    assert (task.details, task.lease_holder) == (f"Cancelled. {error}", "")


def test_an_error_that_nobody_foresaw_is_tried_again_and_stays_in_the_log(
    task: TaskState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking, "on_undo", lambda _: 1 // 0)
    cancelled(task)
    undo(str(task.pk))
    task = reloaded(task)
    assert (task.undo_due_at is not None, task.undo_pending) == (True, True)
    assert task.details == "Cancelled. Its clean-up failed and will be tried again."
    assert task.lease_holder == ""


def test_a_workflow_that_is_gone_says_so_and_is_not_tried_again(task: TaskState) -> None:
    cancelled(task)
    TaskState.objects.filter(pk=task.pk).update(workflow="gone")
    undo(str(task.pk))
    task = reloaded(task)
    assert (task.undo_due_at, task.lease_holder) == (None, "")
    assert "gone" in task.details


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 5), (2, 10), (5, 80), (11, 3600), (10_000, 3600)]
)
def test_the_waits_double_up_to_an_hour(task: TaskState, attempt: int, seconds: float) -> None:
    cancelled(task)
    TaskState.objects.filter(pk=task.pk).update(undo_attempts=attempt - 1)
    lifecycle.postpone_undo(lifecycle.begin_undo(task.pk), "Busy.")
    assert seconds_from_now(reloaded(task).undo_due_at) == pytest.approx(seconds, abs=2)


def test_an_attempt_that_hangs_is_killed_before_its_lease_ends(task: TaskState) -> None:
    cancelled(task)
    lifecycle.begin_undo(task.pk)
    assert 0 < (undo.time_limit or 0) < seconds_from_now(reloaded(task).lease_expires_at) - 5


def test_the_sweep_leaves_alone_what_somebody_is_at(task: TaskState, broker: Broker) -> None:
    cancelled(task)
    lifecycle.begin_undo(task.pk)
    messages(broker)
    at_work = reloaded(task)
    assert at_work.undo_due_at == at_work.lease_expires_at
    make_due(task)
    assert rescue.undo_due() == 0
    assert messages(broker) == []


def test_the_sweep_asks_for_what_is_due(task: TaskState, broker: Broker) -> None:
    cancelled(task)
    messages(broker)
    assert rescue.undo_due() == 0
    make_due(task)
    assert rescue.undo_due() == 1
    assert messages(broker) == [str(task.pk)]
    assert rescue.undo_due() == 0


def test_the_sweep_asks_again_when_the_worker_died_at_it(
    task: TaskState, broker: Broker, other_worker: OtherWorker, undone: list[UndoContext]
) -> None:
    cancelled(task)
    lifecycle.begin_undo(task.pk)
    hand_lease_to(other_worker.holder, task)
    messages(broker)
    assert rescue.undo_due() == 0
    undo(str(task.pk))
    assert undone == []
    other_worker.kill()
    assert rescue.undo_due() == 1
    undo(str(task.pk))
    assert [call.attempt for call in undone] == [2]


def test_rows_are_written_only_by_the_one_who_is_at_it(task: TaskState, owner: User) -> None:
    cancelled(task)
    context = UndoContext(lifecycle.begin_undo(task.pk))
    hand_lease_to(ELSEWHERE, task)
    with pytest.raises(Superseded), context.transaction():
        owner.first_name = "written"
        owner.save()
    owner.refresh_from_db()
    assert owner.first_name == ""


def test_a_retry_that_comes_first_supersedes_it_and_repeats_what_it_would_have_undone(
    task: TaskState, undone: list[UndoContext]
) -> None:
    cancelled(task)
    lifecycle.retry(task.pk, by="somebody")
    undo(str(task.pk))
    assert undone == []
    assert reloaded(task).undo_due_at is None
    claimed(task, "outside")


def test_a_finished_step_whose_effects_are_undone_is_repeated(task: TaskState) -> None:
    lifecycle.succeed(held(task), {"id": "there"})
    cancelled(task)
    lifecycle.retry(task.pk, by="somebody")
    assert step_of(task, "inside").state == StepState.SUCCESS
    step = step_of(task, "outside")
    assert (step.state, step.output) == (StepState.PENDING, None)
    assert reloaded(task).percent == 40


def test_a_retry_while_it_is_under_way_begins_when_it_has_ended(
    task: TaskState, broker: Broker
) -> None:
    cancelled(task)
    claim = lifecycle.begin_undo(task.pk)
    lifecycle.retry(task.pk, by="somebody")
    with pytest.raises(Superseded):
        claimed(task, "outside")
    broker.messages()
    lifecycle.finish_undo(claim)
    assert [message.steps[0] for message in broker.messages()] == ["test-undone.outside"]
    claimed(task, "outside")


def test_so_it_does_when_the_worker_that_was_at_it_has_died(
    task: TaskState, other_worker: OtherWorker
) -> None:
    cancelled(task)
    lifecycle.begin_undo(task.pk)
    hand_lease_to(other_worker.holder, task)
    lifecycle.retry(task.pk, by="somebody")
    other_worker.kill()
    assert rescue.take_back_lost_leases() == [task.pk]
    assert reloaded(task).lease_holder == ""
    make_dispatch_due(task)
    claimed(task, "outside")


def test_a_retry_that_is_cancelled_while_it_waits_for_it_ends_with_it(task: TaskState) -> None:
    cancelled(task)
    claim = lifecycle.begin_undo(task.pk)
    lifecycle.retry(task.pk, by="somebody")
    lifecycle.cancel(task.pk, by="somebody")
    lifecycle.finish_undo(claim)
    task = reloaded(task)
    assert (task.state, task.undo_pending, task.undo_due_at) == (State.CANCELLED, False, None)


def test_a_workflow_that_is_undone_from_an_unknown_step_is_refused() -> None:
    steps = (Step("only", nothing, 100),)
    with pytest.raises(ImproperlyConfigured, match="from 'other', which is no step of it"):
        Workflow("x", "X", steps, any_params, undo=Undo(print, from_step="other"))
