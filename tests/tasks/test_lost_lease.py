"""A worker that has lost its lease can write nothing more, however it lost it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tasks import lifecycle
from tasks.errors import Superseded
from tasks.lifecycle import Claim, LeaseCheck
from tasks.models import TaskState
from tests.tasks.engine import claimed, everything, let_lease_expire, reloaded
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [pytest.mark.django_db, pytest.mark.services]

WRITES: dict[str, Callable[[Claim], object]] = {
    "renew": lifecycle.renew,
    "report": lambda claim: lifecycle.report(claim, 1, 2, "half"),
    "log": lambda claim: lifecycle.log(claim, "still here", "info", {}),
    "succeed": lambda claim: lifecycle.succeed(claim, {"late": True}),
    "fail": lambda claim: lifecycle.fail(claim, "late", "Too late."),
    "postpone": lambda claim: lifecycle.postpone(claim, "Late.", timedelta(0), 3),
    "hand_back": lifecycle.hand_back,
    "cancelled": lifecycle.cancelled,
}


def taken_over(task: TaskState) -> None:
    hand_lease_to(ELSEWHERE, task)


def taken_back(task: TaskState) -> None:
    let_lease_expire(task)
    lifecycle.take_back(task.pk, reloaded(task).lease_holder)


def cancelled_and_retried(task: TaskState) -> None:
    taken_back(task)
    lifecycle.cancel(task.pk, by="somebody")
    lifecycle.retry(task.pk, by="somebody")


def gone_on_with_the_next_step_by_this_very_process(task: TaskState) -> None:
    taken_back(task)
    lifecycle.succeed(claimed(task), None, next_celery_id="next")


def retried_and_claimed_by_this_very_process(task: TaskState) -> None:
    cancelled_and_retried(task)
    claimed(task)


def ended(task: TaskState) -> None:
    taken_back(task)
    lifecycle.cancel(task.pk, by="somebody")


LOSSES = [
    taken_over,
    taken_back,
    cancelled_and_retried,
    gone_on_with_the_next_step_by_this_very_process,
    retried_and_claimed_by_this_very_process,
    ended,
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written(task: TaskState, write: str, loss: Callable[[TaskState], None]) -> None:
    claim = claimed(task)
    loss(task)
    before = everything()
    with pytest.raises(Superseded):
        WRITES[write](claim)
    assert everything() == before


@pytest.mark.parametrize("loss", LOSSES)
def test_its_heartbeat_says_so(task: TaskState, loss: Callable[[TaskState], None]) -> None:
    claim = claimed(task)
    assert lifecycle.still_held(claim) == LeaseCheck.HELD
    loss(task)
    assert lifecycle.still_held(claim) == LeaseCheck.LOST


@pytest.mark.parametrize("write", WRITES)
def test_whoever_holds_it_may_write(task: TaskState, write: str) -> None:
    claim = claimed(task)
    before = everything()
    WRITES[write](claim)
    assert everything() != before
