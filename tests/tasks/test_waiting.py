"""Why a task waits, in one sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import lifecycle, pulse, waiting
from tasks.models import Pulse, TaskState
from tests.tasks.broker import Broker
from tests.tasks.engine import claimed, finished, reloaded, submitted
from tests.tasks.fan_out import batch_claimed, fanned_out
from tests.valkey import broker_at

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def swept(db: None) -> None:
    """A worker consumes."""
    pulse.record(pulse.SWEEP)


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """What an earlier test has heard of its broker."""
    waiting._broker_answers.cache_clear()


def sentence(task: TaskState) -> str | None:
    found = waiting.reason(reloaded(task))
    return found.sentence if found else None


def test_a_queued_task_says_how_many_are_before_it(owner: User, swept: None) -> None:
    first, second, third = [submitted(owner) for _ in range(3)]
    assert sentence(first) == "Next in line."
    assert sentence(second) == "Behind 1 task."
    assert sentence(third) == "Behind 2 tasks."


def test_those_in_queues_that_are_taken_before_are_before_it(owner: User, swept: None) -> None:
    low, normal = submitted(owner, priority="low"), submitted(owner)
    submitted(owner, priority="high")
    assert sentence(normal) == "Behind 1 task."
    assert sentence(low) == "Behind 2 tasks."


def test_a_long_line_is_not_counted_to_its_end(
    owner: User, swept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LINE_LENGTH", 1)
    last = [submitted(owner) for _ in range(4)][-1]
    assert sentence(last) == "Behind more than 1 tasks."


def test_a_task_that_somebody_is_at_work_on_does_not_wait(task: TaskState, swept: None) -> None:
    claimed(task)
    assert sentence(task) is None


def test_a_step_between_two_attempts_says_when_the_next_begins(
    task: TaskState, swept: None
) -> None:
    lifecycle.postpone(claimed(task), "It rained.", timedelta(minutes=3, seconds=20.5), 5)
    assert sentence(task) == "The next attempt at s1 begins in 3 min 20 s."


def test_between_two_steps_it_waits_for_a_worker(task: TaskState, swept: None) -> None:
    finished(task, "s1")
    assert sentence(task) == "The next step waits for a worker."


def test_a_step_whose_batches_are_in_hand_does_not_wait(owner: User, swept: None) -> None:
    task = fanned_out(owner)
    assert sentence(task) == "The next step waits for a worker."
    batch_claimed(task)
    assert sentence(task) is None


def test_where_no_worker_consumes_it_says_so(task: TaskState, broker: Broker) -> None:
    Pulse.objects.create(name=pulse.SWEEP, at=timezone.now() - timedelta(minutes=5))
    assert sentence(task) == waiting.NO_WORKER.sentence


def test_where_the_broker_is_away_it_says_so(task: TaskState) -> None:
    with broker_at("redis://127.0.0.1:1/0"):
        assert sentence(task) == waiting.NO_BROKER.sentence


def test_where_all_workers_are_busy_it_just_waits_for_its_turn(
    owner: User, task: TaskState, broker: Broker
) -> None:
    claimed(submitted(owner))
    assert sentence(task) == "Next in line."


def test_a_retry_waits_for_the_clean_up_of_the_last_run(task: TaskState, swept: None) -> None:
    in_hand = timezone.now() + timedelta(minutes=1)
    TaskState.objects.update(lease_holder="elsewhere/1/1", lease_expires_at=in_hand)
    assert sentence(task) == waiting.CLEAN_UP.sentence


@pytest.mark.parametrize("count", [1, 10])
def test_a_page_costs_as_many_queries_as_one_task(
    owner: User, swept: None, count: int, django_assert_num_queries: Any
) -> None:
    tasks = [submitted(owner) for _ in range(count)]
    tasks += [finished(submitted(owner), "s1") for _ in range(count)]
    with django_assert_num_queries(5):
        assert len(waiting.reasons(tasks)) == 2 * count
