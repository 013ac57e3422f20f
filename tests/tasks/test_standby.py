"""What beat does while every worker is in the middle of a long step."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import lifecycle, pulse, rescue, standby
from tasks.models import Pulse, TaskState, WebhookDelivery
from tasks.states import DeliveryState
from tests.tasks.broker import Broker
from tests.tasks.engine import claimed, let_lease_expire, make_due, reloaded, submitted
from tests.webhooks.receiver import Receiver

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def abandoned(owner: User, broker: Broker) -> TaskState:
    """A task whose worker is gone."""
    task = submitted(owner)
    claimed(task)
    let_lease_expire(task)
    broker.messages()
    return task


def swept(seconds_ago: float) -> None:
    Pulse.objects.create(name=pulse.SWEEP, at=timezone.now() - timedelta(seconds=seconds_ago))


def test_while_the_workers_sweep_it_keeps_out_of_it(abandoned: TaskState) -> None:
    swept(seconds_ago=6)
    assert not standby.stand_in()
    assert reloaded(abandoned).lease_holder


@pytest.mark.parametrize("seconds_ago", [15, None])
def test_when_they_do_not_it_takes_back_what_was_lost_and_sends_it(
    abandoned: TaskState, broker: Broker, seconds_ago: float | None
) -> None:
    if seconds_ago:
        swept(seconds_ago)
    assert standby.stand_in()
    assert not reloaded(abandoned).lease_holder
    assert [message.task_id for message in broker.messages()] == [str(abandoned.pk)]


def test_its_sweep_does_not_look_like_that_of_a_worker(abandoned: TaskState) -> None:
    standby.stand_in()
    assert pulse.SWEEP not in pulse.last()


def test_it_delivers_webhooks_also_without_a_broker(
    owner: User, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError("The broker does not answer.")

    monkeypatch.setattr(rescue, "dispatch_due", fail)
    with Receiver() as receiver:
        task = submitted(owner, callback_url=receiver.url)
        lifecycle.cancel(task.pk, by=owner)
        make_due(task)
        with pytest.raises(ConnectionError):
            standby.stand_in()
    assert WebhookDelivery.objects.get().state == DeliveryState.DELIVERED


@pytest.mark.django_db(transaction=True)
def test_it_looks_again_after_a_look_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second look ends it, as only its process would."""
    endings: list[BaseException] = [SystemExit(), ConnectionError("gone")]

    def look() -> bool:
        raise endings.pop()

    monkeypatch.setattr(standby, "EVERY", 0.01)
    monkeypatch.setattr(standby, "stand_in", look)
    with pytest.raises(SystemExit):
        standby._look_for_ever()
    assert not endings
