"""A process that has ended a step goes on with the next one, without a message in between."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import PropertyMock, patch

import pytest
from celery import states
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_results.models import TaskResult

from tasks import lifecycle
from tasks.context import StepContext
from tasks.errors import Superseded
from tasks.lifecycle.snapshot import Snapshot
from tasks.models import TaskState
from tasks.states import State, StepState
from tests.tasks import deliveries
from tests.tasks.broker import Broker
from tests.tasks.deliveries import deliver
from tests.tasks.engine import STEPS, claimed, history, reloaded, step_of, submitted
from tests.tasks.fan_out import batches
from tests.workflows import declared

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture(autouse=True)
def in_memory(broker: Broker) -> Broker:
    return broker


def relays_of(steps: int) -> AbstractContextManager[object]:
    """Let the time of each relay be over after so many steps that it has taken along."""
    return patch("tasks.relay._Relay.has_time", PropertyMock(side_effect=[True] * steps + [False]))


def result_of(task: TaskState, step: str) -> TaskResult:
    return TaskResult.objects.get(task_id=step_of(task, step).celery_task_id)


def test_one_message_leads_through_all_steps(owner: User, in_memory: Broker) -> None:
    task = submitted(owner)
    assert deliver() == 1
    assert (reloaded(task).state, reloaded(task).percent) == (State.SUCCESS, 100)
    assert in_memory.messages() == []
    moves = [(e.step, e.data["step_state"]) for e in history(task) if "step_state" in e.data]
    assert moves == [(step, state) for step in STEPS for state in ("RUNNING", "SUCCESS")]


def test_each_step_is_a_celery_task_with_an_id_a_result_and_a_parent(owner: User) -> None:
    task = submitted(owner)
    deliver()
    results = [result_of(task, step) for step in STEPS]
    assert [row.task_name for row in results] == [f"test-seven.{step}" for step in STEPS]
    assert {row.status for row in results} == {states.SUCCESS}
    assert all(str(task.pk) in row.task_args for row in results)
    assert TaskResult.objects.count() == len(STEPS)


def test_when_the_time_is_over_a_message_leads_on(owner: User, in_memory: Broker) -> None:
    task = submitted(owner)
    with relays_of(2):
        deliver()
    assert [step_of(task, step).state for step in STEPS[:4]] == [
        *[StepState.SUCCESS] * 3,
        StepState.PENDING,
    ]
    assert (reloaded(task).lease_holder, reloaded(task).current_step) == ("", "s3")
    (message,) = in_memory.messages()
    assert message.steps == [f"test-seven.{step}" for step in STEPS[3:]]


def test_without_relays_each_step_has_a_message(owner: User, settings: Any) -> None:
    settings.AGENTFORGE_RELAY_SECONDS = 0
    task = submitted(owner)
    for _ in STEPS:
        assert reloaded(task).state != State.SUCCESS
        assert deliver() == 1
    assert reloaded(task).state == State.SUCCESS


def test_a_step_with_another_time_limit_waits_for_its_message(
    owner: User, in_memory: Broker
) -> None:
    submitted(owner, "test-limits")
    deliver()
    (message,) = in_memory.messages()
    assert message.steps == ["test-limits.short"]


def test_a_step_that_fails_leaves_the_result_of_the_one_before_it_alone(
    owner: User, in_memory: Broker
) -> None:
    task = submitted(owner, "test-hopeless")
    deliver()
    assert (reloaded(task).state, reloaded(task).error_code) == (State.FAILED, "hopeless")
    assert result_of(task, "fine").status == states.SUCCESS
    failure = result_of(task, "fail")
    assert (failure.status, "PermanentError" in failure.traceback) == (states.FAILURE, True)
    assert in_memory.messages() == []


def test_a_step_that_is_tried_again_takes_the_rest_of_the_chain_with_it(
    owner: User, in_memory: Broker
) -> None:
    task = lifecycle.submit("test-flaky", {"failures": 1}, owner).task
    deliver()
    assert step_of(task, "flaky").state == StepState.RETRYING
    assert result_of(task, "flaky").status == states.RETRY
    (message,) = in_memory.messages()
    assert (message.queue, message.steps) == ("normal", ["test-flaky.flaky", "test-flaky.last"])


def test_a_step_that_fans_out_is_planned_at_once(owner: User, in_memory: Broker) -> None:
    task = lifecycle.submit("test-fan-out", {"items": 4}, owner).task
    deliver()
    assert (len(batches(task)), reloaded(task).lease_holder) == (2, "")
    assert {name for message in in_memory.messages() for name in message.steps} == {
        "test-fan-out.many.batch"
    }


def test_a_cancel_between_two_steps_ends_the_task(task: TaskState) -> None:
    claim = claimed(task)
    lifecycle.cancel(task.pk, by="somebody")
    assert lifecycle.succeed(claim, None, next_celery_id="next") is None
    assert reloaded(task).state == State.CANCELLED
    assert step_of(task, "s2").attempts == 0


def test_the_next_step_is_held_from_the_commit_of_the_last_one_on(task: TaskState) -> None:
    TaskState.objects.filter(pk=task.pk).update(dispatches=3)
    granted = lifecycle.succeed(claimed(task), {"from": "s1"}, next_celery_id="next")
    assert granted
    assert (granted.step, granted.attempt, granted.base) == ("s2", 1, declared.SEVEN[0])
    assert granted.outputs == {"s1": {"from": "s1"}}
    assert step_of(task, "s2").celery_task_id == "next"
    assert reloaded(task).dispatches == 0
    with pytest.raises(Superseded):
        claimed(task, "s2")


def test_the_last_step_hands_nothing_over(owner: User) -> None:
    task = submitted(owner, "test-talk")
    assert lifecycle.succeed(claimed(task, "talk"), None, next_celery_id="next") is None
    assert reloaded(task).state == State.SUCCESS


def test_a_process_that_is_told_to_end_hands_back_the_step_it_had_gone_on_with(
    owner: User, in_memory: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.runner.terminate_handler_fired", lambda: True)
    monkeypatch.setattr(StepContext, "log", ends_the_process)
    task = submitted(owner, "test-fine-then-talk")
    with pytest.raises(SystemExit):
        deliver()
    assert step_of(task, "fine").state == StepState.SUCCESS
    assert (step_of(task, "talk").state, step_of(task, "talk").attempts) == (StepState.PENDING, 0)
    assert reloaded(task).lease_holder == ""


def ends_the_process(*_: object, **__: object) -> None:
    raise SystemExit


def test_a_message_that_comes_twice_runs_nothing_twice(owner: User) -> None:
    task = submitted(owner)
    with patch("tests.tasks.deliveries._taken", return_value=taken_twice()):
        assert deliver() == 2
    for _ in STEPS[1:]:
        deliver()
    assert {step_of(task, step).attempts for step in STEPS} == {1}
    assert reloaded(task).state == State.SUCCESS


def taken_twice() -> Any:
    return deliveries._taken() * 2


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite takes one statement at a time"
)
def test_between_two_steps_is_one_trip_to_the_database(task: TaskState) -> None:
    claim = claimed(task)
    with CaptureQueriesContext(connection) as trips:
        granted = lifecycle.succeed(claim, {"from": "s1"}, next_celery_id="next")
    assert granted
    assert len(trips) == 1
    with CaptureQueriesContext(connection) as trips:
        lifecycle.succeed(granted, {"from": "s2"}, next_celery_id="after")
    assert len(trips) == 1
    assert [step_of(task, step).output for step in ("s1", "s2")] == [{"from": "s1"}, {"from": "s2"}]


def test_what_others_have_written_since_the_step_began_is_kept(task: TaskState) -> None:
    claim = claimed(task)
    elsewhere = replace(claim, snapshot=Snapshot())
    lifecycle.log(elsewhere, "From another process.", "info", {})
    assert lifecycle.succeed(claim, None, next_celery_id="next")
    told = [event.seq for event in history(task)]
    assert told == list(range(1, len(told) + 1))
    assert "From another process." in [event.message for event in history(task)]
    assert step_of(task, "s2").state == StepState.RUNNING


def test_a_step_that_somebody_else_has_ended_is_not_ended_again(task: TaskState) -> None:
    claim = claimed(task)
    lifecycle.succeed(replace(claim, snapshot=Snapshot()), {"first": True}, next_celery_id="next")
    before = history(task)
    with pytest.raises(Superseded):
        lifecycle.succeed(claim, {"second": True}, next_celery_id="late")
    assert len(history(task)) == len(before)
    assert step_of(task, "s1").output == {"first": True}
    assert step_of(task, "s2").celery_task_id == "next"
