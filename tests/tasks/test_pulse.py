"""Signs of life: beat's tick and the sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tasks import dispatch, pulse, rescue
from tasks.models import Pulse, TaskState
from tests.tasks.broker import Broker
from tests.tasks.engine import claimed
from tests.tasks.fan_out import batch_claimed, fanned_out

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def is_fresh(name: str) -> bool:
    at = pulse.last().get(name)
    return at is not None and timezone.now() - at < timedelta(seconds=5)


def test_a_sweep_leaves_its_time(broker: Broker) -> None:
    assert not is_fresh(pulse.SWEEP)
    rescue.sweep()
    assert is_fresh(pulse.SWEEP)


def test_a_later_pulse_takes_the_place_of_the_earlier(db: None) -> None:
    pulse.record(pulse.BEAT)
    earlier = pulse.last()[pulse.BEAT]
    pulse.record(pulse.BEAT)
    assert pulse.last()[pulse.BEAT] > earlier


@pytest.mark.django_db(transaction=True)
def test_beat_ticks_as_soon_as_it_begins_and_keeps_no_connection(db: None) -> None:
    pulse.note_start()
    assert connection.connection is None
    assert is_fresh(pulse.BEAT)


def test_workers_consume_while_they_sweep(db: None) -> None:
    assert not pulse.workers_consume()
    pulse.record(pulse.SWEEP)
    assert pulse.workers_consume()
    Pulse.objects.update(at=timezone.now() - pulse.LATE - timedelta(seconds=1))
    assert not pulse.workers_consume()


def test_so_they_do_in_the_middle_of_a_step(task: TaskState) -> None:
    claimed(task)
    assert pulse.workers_consume()


def test_so_they_do_in_the_middle_of_a_batch(owner: User) -> None:
    batch_claimed(fanned_out(owner))
    assert pulse.workers_consume()


@pytest.fixture
def maintenance(broker: Broker) -> Iterator[Callable[[], int]]:
    """How many messages wait in the queue of that name, which is empty before and after."""
    _purge_maintenance()
    yield lambda: dispatch.waiting("maintenance")
    _purge_maintenance()


def _purge_maintenance() -> None:
    dispatch.flush()
    with current_app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.queue_declare("maintenance", durable=True, auto_delete=False)
        channel.queue_purge("maintenance")


@pytest.mark.django_db(transaction=True)
def test_a_message_from_beat_is_a_tick(maintenance: Callable[[], int]) -> None:
    rescue.sweep.apply_async(queue="maintenance", headers={"celery_beat_task": "yes"})
    assert is_fresh(pulse.BEAT)
    assert maintenance() == 1


def test_a_new_worker_asks_for_a_sweep_which_is_no_tick_of_beat(
    maintenance: Callable[[], int],
) -> None:
    rescue.sweep_at_once()
    assert maintenance() == 1
    assert not is_fresh(pulse.BEAT)
