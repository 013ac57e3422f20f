"""The sweep: what it sends again, what it takes back, and what it gives up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from tasks import dispatch, lifecycle, rescue, workflows
from tasks.errors import Superseded
from tasks.models import StepRun, TaskState
from tasks.states import Priority, State, StepState
from tasks.workflows import Step
from tests.tasks.broker import Broker, Message
from tests.tasks.engine import (
    STEPS,
    claimed,
    everything,
    finished,
    last_event,
    let_lease_expire,
    make_due,
    reloaded,
    seconds_from_now,
    step_of,
    submitted,
)
from tests.tasks.workers import ELSEWHERE, OtherWorker, hand_lease_to
from tests.workflows.declared import any_params, nothing

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def task(owner: User, broker: Broker) -> TaskState:
    """A task whose message, for want of a commit, was never sent."""
    return submitted(owner)


@contextmanager
def refusing_rows_of(task: TaskState) -> Iterator[None]:
    """The database answers nothing that is asked about this one task."""

    def execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if {task.pk, task.pk.hex} & set(params or ()):
            raise DatabaseError("the row is damaged")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield


@pytest.fixture
def removed_workflow() -> Iterator[str]:
    """The name of a workflow that goes out of the code while its tasks are under way."""
    workflow = workflows.Workflow(
        "test-removed", "Removed", (Step("only", nothing, 100),), any_params
    )
    workflows.add(workflow)
    yield workflow.name
    workflows._registry.pop(workflow.name, None)


def test_it_does_nothing_when_all_is_well(owner: User, task: TaskState, broker: Broker) -> None:
    claimed(submitted(owner))
    finished(submitted(owner), "s1")
    finished(submitted(owner), *STEPS)
    before = everything()
    assert rescue.sweep() == {"taken_back": 0, "dispatched": 0, "undone": 0}
    assert everything() == before
    assert broker.messages() == []


def test_a_message_that_got_lost_is_sent_again(task: TaskState, broker: Broker) -> None:
    make_due(task)
    assert rescue.sweep() == {"taken_back": 0, "dispatched": 1, "undone": 0}
    names = [f"test-seven.{name}" for name in STEPS]
    assert broker.messages() == [Message("normal", str(task.pk), 1, names)]


def test_so_is_one_that_got_lost_between_two_steps(task: TaskState, broker: Broker) -> None:
    make_due(finished(task, "s1", "s2"))
    rescue.sweep()
    (message,) = broker.messages()
    assert message.steps == [f"test-seven.{name}" for name in STEPS[2:]]


def test_so_is_that_of_a_retry_after_its_backoff(task: TaskState, broker: Broker) -> None:
    lifecycle.postpone(claimed(task), "Busy.", timedelta(seconds=60), attempts=3)
    assert seconds_from_now(reloaded(task).next_dispatch_at) > 60
    make_due(task)
    StepRun.objects.filter(name="s1").update(retry_at=timezone.now())
    rescue.sweep()
    assert len(broker.messages()) == 1
    assert claimed(task).attempt == 2


def test_it_is_sent_ever_more_seldom(task: TaskState, broker: Broker) -> None:
    for seconds in (10, 20, 40, 80, 160, 300, 300, 300):
        make_due(task)
        before = timezone.now()
        rescue.sweep()
        due, wait = reloaded(task).next_dispatch_at, timedelta(seconds=seconds)
        assert due and before + wait <= due <= timezone.now() + wait
        assert len(broker.messages()) == 1


def test_it_is_not_sent_again_while_its_message_waits_in_the_queue(
    task: TaskState, broker: Broker
) -> None:
    dispatch.send(task, "s1")
    make_due(task)
    assert rescue.sweep()["dispatched"] == 0
    assert len(broker.messages()) == 1
    assert rescue.sweep()["dispatched"] == 1


def test_what_waits_in_one_queue_hides_nothing_that_another_has_lost(
    owner: User, task: TaskState, broker: Broker
) -> None:
    dispatch.send(task, "s1")
    lost = submitted(owner, priority=Priority.HIGH)
    make_due(task)
    make_due(lost)
    assert rescue.sweep()["dispatched"] == 1
    assert {message.task_id for message in broker.messages() if message.queue == "high"} == {
        str(lost.pk)
    }


def test_a_queue_that_holds_fewer_messages_than_it_should_has_lost_some(
    owner: User, task: TaskState, broker: Broker
) -> None:
    lost = submitted(owner)
    dispatch.send(task, "s1")
    make_due(task)
    make_due(lost)
    rescue.sweep()
    assert str(lost.pk) in {message.task_id for message in broker.messages()}


def test_two_sweeps_at_once_send_one_message(task: TaskState, broker: Broker) -> None:
    make_due(task)
    lifecycle.redispatch(task.pk)
    with pytest.raises(Superseded):
        lifecycle.redispatch(task.pk)


def test_a_task_that_was_claimed_meanwhile_is_not_sent(task: TaskState) -> None:
    make_due(task)
    claimed(task)
    with pytest.raises(Superseded):
        lifecycle.redispatch(task.pk)


def test_what_a_dead_worker_held_is_taken_back_and_sent_at_once(
    task: TaskState, broker: Broker, other_worker: OtherWorker
) -> None:
    claimed(task)
    hand_lease_to(other_worker.holder, task)
    assert rescue.sweep() == {"taken_back": 0, "dispatched": 0, "undone": 0}
    other_worker.kill()
    assert rescue.sweep() == {"taken_back": 1, "dispatched": 1, "undone": 0}
    assert len(broker.messages()) == 1
    step = step_of(task, "s1")
    assert (step.state, step.deaths) == (StepState.PENDING, 1)
    event = last_event(task)
    assert event.message == "The worker stopped in the middle of s1; another one goes on."
    assert (event.data["level"], event.data["deaths"]) == ("warning", 1)
    assert claimed(task).attempt == 2


def test_it_is_sent_although_messages_of_others_wait_in_the_queue(
    owner: User, task: TaskState, broker: Broker, other_worker: OtherWorker
) -> None:
    dispatch.send(submitted(owner), "s1")
    claimed(task)
    hand_lease_to(other_worker.holder, task)
    other_worker.kill()
    assert rescue.sweep()["dispatched"] == 1
    assert [message.task_id for message in broker.messages()][-1] == str(task.pk)


def test_what_a_worker_elsewhere_held_is_taken_back_when_its_lease_expires(
    task: TaskState,
) -> None:
    claimed(task)
    hand_lease_to(ELSEWHERE, task)
    assert rescue.sweep()["taken_back"] == 0
    let_lease_expire(task)
    assert rescue.sweep()["taken_back"] == 1
    assert reloaded(task).lease_holder == ""


def test_a_lease_that_was_renewed_meanwhile_is_not_taken_back(task: TaskState) -> None:
    claim = claimed(task)
    with pytest.raises(Superseded):
        lifecycle.take_back(task.pk, claim.holder)


def test_the_progress_of_the_dead_is_kept(task: TaskState) -> None:
    lifecycle.report(claimed(task), 4, 5, "")
    let_lease_expire(task)
    rescue.sweep()
    assert reloaded(task).percent == 4
    assert (step_of(task, "s1").done, step_of(task, "s1").total) == (4, 5)


def test_a_step_that_ended_its_worker_three_times_ends_the_task(task: TaskState) -> None:
    for _ in range(3):
        assert reloaded(task).state != State.FAILED
        claimed(task)
        let_lease_expire(task)
        rescue.sweep()
    task = reloaded(task)
    assert (task.state, task.error_code) == (State.FAILED, "worker_lost")
    assert task.error_message.startswith("The step s1 ended its worker 3 times.")
    assert (task.next_dispatch_at, task.lease_holder) == (None, "")
    assert step_of(task, "s1").state == StepState.FAILED
    assert last_event(task).data == {"error_code": "worker_lost"}


def test_so_it_does_when_the_message_comes_back_before_the_sweep(task: TaskState) -> None:
    for _ in range(3):
        claimed(task)
        let_lease_expire(task)
    with pytest.raises(Superseded):
        claimed(task)
    assert reloaded(task).error_code == "worker_lost"


def killed_after(task: TaskState, seconds: float) -> TaskState:
    """The task after its worker was killed so long after the attempt's beginning."""
    claimed(task)
    begun = timezone.now() - timedelta(seconds=seconds)
    StepRun.objects.filter(task=task, name="s1").update(attempt_started_at=begun)
    let_lease_expire(task)
    rescue.sweep()
    return reloaded(task)


@pytest.mark.parametrize("early", [0, 1], ids=["on time", "by Celery's clock, which starts first"])
def test_a_worker_that_was_killed_at_the_hard_limit_is_recorded_as_such(
    task: TaskState, early: float
) -> None:
    limit = workflows.get("test-seven").by_name["s1"].hard_time_limit
    task = killed_after(task, limit - early)
    assert (task.state, task.error_code) == (State.FAILED, "time_limit")
    assert task.error_message.startswith("The step s1 ran into its hard limit of 630 s")


def test_one_that_was_killed_sooner_is_not(task: TaskState) -> None:
    limit = workflows.get("test-seven").by_name["s1"].hard_time_limit
    assert killed_after(task, limit - 10).state == State.RUNNING


def test_whatever_the_dead_held_is_taken_back_and_each_is_looked_for_once(
    owner: User, task: TaskState, other_worker: OtherWorker
) -> None:
    for held in (task, submitted(owner), submitted(owner)):
        claimed(held)
        hand_lease_to(other_worker.holder, held)
    other_worker.kill()
    with CaptureQueriesContext(connection) as queries:
        assert len(rescue.take_back_lost_leases()) == 3
    statements = [query["sql"] for query in queries.captured_queries]
    (holders,) = [sql for sql in statements if "SELECT DISTINCT" in sql]
    # What rows are ordered by counts among what makes them distinct.
    assert "ORDER BY" not in holders


def test_one_task_that_cannot_be_read_does_not_hold_up_the_others(
    owner: User, task: TaskState, broker: Broker
) -> None:
    tasks = [submitted(owner) for _ in range(4)]
    for held in tasks[:2]:
        claimed(held)
        let_lease_expire(held)
    for waiting in tasks[2:]:
        make_due(waiting)
    with refusing_rows_of(tasks[0]), refusing_rows_of(tasks[2]):
        assert rescue.sweep() == {"taken_back": 1, "dispatched": 2, "undone": 0}
    assert {message.task_id for message in broker.messages()} == {
        str(tasks[1].pk),
        str(tasks[3].pk),
    }


def test_without_a_broker_the_sweep_ends_at_the_first_message(
    owner: User, task: TaskState, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def send(task: TaskState, step: str) -> None:
        tried.append(task.pk)
        raise OperationalError("The broker does not answer.")

    for waiting in (task, submitted(owner)):
        make_due(waiting)
    monkeypatch.setattr(dispatch, "send", send)
    with pytest.raises(OperationalError):
        rescue.dispatch_due()
    assert len(tried) == 1


def test_a_task_that_nobody_can_execute_does_not_hold_up_the_others(
    owner: User, task: TaskState, broker: Broker, removed_workflow: str
) -> None:
    held, waiting = submitted(owner, removed_workflow), submitted(owner, removed_workflow)
    claimed(held, "only")
    let_lease_expire(held)
    make_due(waiting)
    make_due(task)
    del workflows._registry[removed_workflow]
    assert rescue.sweep()["dispatched"] == 1
    assert [message.task_id for message in broker.messages()] == [str(task.pk)]


def test_a_death_costs_none_of_the_attempts_of_the_retry_policy(
    owner: User, broker: Broker
) -> None:
    task = submitted(owner)
    first = claimed(task)
    let_lease_expire(task)
    rescue.take_back_lost_leases()
    second = claimed(task)
    assert (first.attempt, first.tries) == (1, 1)
    assert (second.attempt, second.tries) == (2, 1)
