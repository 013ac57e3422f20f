"""Several processes at the same batches in the same instant."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tasks import lifecycle
from tasks.errors import IllegalTransition, Superseded
from tasks.lifecycle import BatchClaim
from tasks.models import TaskState
from tasks.states import EventType, State
from tests.tasks.engine import history, reloaded, step_of
from tests.tasks.fan_out import STEP, batch_claimed, fanned_out, settled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

AT_ONCE = 6


class Processes:
    """Threads with connections of their own, which begin together."""

    def __init__(self, count: int) -> None:
        self._start = threading.Barrier(count)
        self._pool = ThreadPoolExecutor(count)

    def run(self, *calls: object) -> list[object]:
        """What each of the calls returned or raised."""
        return list(self._pool.map(self._run, calls))

    def _run(self, call: object) -> object:
        assert callable(call)
        self._start.wait(30)
        try:
            return call()
        except (Superseded, IllegalTransition) as error:
            return error
        finally:
            connection.close()


@pytest.fixture
def task(owner: User) -> TaskState:
    return fanned_out(owner, items=2 * AT_ONCE)


def test_each_batch_goes_to_one_of_them_and_one_of_them_ends_the_step(task: TaskState) -> None:
    claims = Processes(AT_ONCE).run(*[lambda: batch_claimed(task)] * AT_ONCE)
    found = [claim for claim in claims if isinstance(claim, BatchClaim)]
    assert sorted(claim.number for claim in found) == list(range(1, AT_ONCE + 1))
    ends = Processes(AT_ONCE).run(*[lambda claim=claim: settled(claim) for claim in found])
    assert [end.is_last for end in ends].count(True) == 1  # type: ignore[attr-defined]
    assert step_of(task, STEP).done == 2 * AT_ONCE
    told = [event.data["done"] for event in history(task) if event.type == EventType.PROGRESS]
    assert told == sorted(set(told))
    assert told[-1] == 2 * AT_ONCE


def test_a_batch_that_is_settled_twice_at_once_is_counted_once(task: TaskState) -> None:
    claim = batch_claimed(task)
    ends = Processes(2).run(*[lambda: settled(claim)] * 2)
    assert sum(isinstance(end, Superseded) for end in ends) == 1
    assert step_of(task, STEP).done == 2


def test_a_cancel_and_the_end_of_a_batch_leave_one_legal_state(task: TaskState) -> None:
    claim = batch_claimed(task)
    Processes(2).run(lambda: settled(claim), lambda: lifecycle.cancel(task.pk, by="somebody"))
    assert reloaded(task).state == State.CANCELLED
    assert step_of(task, STEP).done in (0, 2)
    assert [event.seq for event in history(task)] == list(range(1, len(history(task)) + 1))
    assert history(task)[-1].state == State.CANCELLED
