"""Submitting persists a task, whole, and does no work; its message follows the commit."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tasks import dispatch, lifecycle
from tasks.errors import UnknownWorkflow
from tasks.models import StepRun, TaskState
from tasks.states import EventType, Priority, State, StepState
from tests.tasks.broker import Broker, Message
from tests.tasks.engine import STEPS, everything, history, seconds_from_now, submitted
from tests.workflows.declared import SEVEN

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_a_new_task_waits_at_zero(owner: User) -> None:
    task = lifecycle.submit("test-seven", {"some": "thing"}, owner, callback_url="https://c").task
    task.refresh_from_db()
    assert (task.state, task.percent, task.run) == (State.QUEUED, 0, 1)
    assert (task.workflow, task.owner, task.params) == ("test-seven", owner, {"some": "thing"})
    assert task.callback_url == "https://c"
    assert task.agent_id is task.result is task.started_at is task.finished_at is None
    assert task.lease_holder == task.error_message == task.current_step == ""


def test_its_steps_stand_in_their_order_with_their_weights(owner: User) -> None:
    steps = submitted(owner).steps.order_by("position")
    assert [(step.name, step.weight) for step in steps] == list(zip(STEPS, SEVEN, strict=True))
    assert {step.state for step in steps} == {StepState.PENDING}
    assert {(step.done, step.total, step.attempts) for step in steps} == {(0, 0, 0)}


def test_its_history_begins_with_its_submission(owner: User) -> None:
    (event,) = history(submitted(owner))
    assert (event.seq, event.type, event.state) == (1, EventType.STATE, State.QUEUED)
    assert (event.percent, event.step, event.message) == (0, "", "Submitted.")


def test_the_sweep_would_send_it_if_its_message_got_lost(owner: User) -> None:
    assert 0 < seconds_from_now(submitted(owner).next_dispatch_at) <= 10


def test_an_unknown_workflow_leaves_no_row(owner: User) -> None:
    with pytest.raises(UnknownWorkflow, match="no workflow 'other'"):
        submitted(owner, "other")
    assert not TaskState.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_its_chain_is_sent_once_it_is_committed_and_not_before(owner: User, broker: Broker) -> None:
    with transaction.atomic():
        task = submitted(owner)
        assert broker.messages() == []
    names = [f"test-seven.{name}" for name in STEPS]
    assert broker.messages() == [Message("normal", str(task.pk), 1, names)]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_sent(owner: User, broker: Broker) -> None:
    before = everything()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        submitted(owner)
        raise ZeroDivisionError
    assert broker.messages() == []
    assert everything() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("priority", Priority.values)
def test_it_waits_in_the_queue_of_its_priority(owner: User, broker: Broker, priority: str) -> None:
    submitted(owner, priority=priority)
    assert [message.queue for message in broker.messages()] == [priority]


@pytest.mark.django_db(transaction=True)
def test_it_is_persisted_although_no_broker_answers(owner: User) -> None:
    task = submitted(owner)
    dispatch.flush()
    assert StepRun.objects.filter(task=task).count() == len(SEVEN)
