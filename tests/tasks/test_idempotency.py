"""The same request twice makes one task; the same key for another request is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tasks import lifecycle
from tasks.errors import IdempotencyConflict
from tasks.lifecycle import Submission
from tasks.models import TaskState
from tests.tasks.broker import Broker
from tests.tasks.engine import everything, finished

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def submit(owner: User, key: str | None = "key", **changes: Any) -> Submission:
    request = {"workflow": "test-seven", "params": {"a": 1, "b": 2}, **changes}
    return lifecycle.submit(owner=owner, idempotency_key=key, **request)


def test_the_same_request_gives_the_first_task(owner: User) -> None:
    first = submit(owner)
    before = everything()
    second = submit(owner, params={"b": 2, "a": 1})
    assert (first.created, second.created) == (True, False)
    assert second.task == first.task
    assert everything() == before


def test_it_gives_the_first_task_also_when_that_has_moved_on(owner: User) -> None:
    task = finished(submit(owner).task, "s1")
    assert submit(owner).task.percent == task.percent == 5


@pytest.mark.parametrize(
    "change",
    [
        {"params": {"a": 1}},
        {"workflow": "test-count"},
        {"priority": "high"},
        {"callback_url": "https://example.com/hook"},
    ],
)
def test_the_same_key_with_another_request_is_refused(owner: User, change: dict[str, Any]) -> None:
    submit(owner)
    before = everything()
    with pytest.raises(IdempotencyConflict, match=r"^.*Send a new key.*exactly\.$"):
        submit(owner, **change)
    assert everything() == before


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_every_request_makes_a_task(owner: User, key: str | None) -> None:
    assert submit(owner, key).task != submit(owner, key).task


def test_another_key_makes_another_task(owner: User) -> None:
    assert submit(owner, "one").task != submit(owner, "two").task


def test_a_key_is_known_to_its_owner_only(owner: User, staff: User) -> None:
    theirs = submit(staff, params={"a": "secret"})
    ours = submit(owner)
    assert ours.created
    assert ours.task != theirs.task


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one_task_and_one_message(owner: User, broker: Broker) -> None:
    together = Barrier(10)

    def submit_together(_: int) -> Submission:
        together.wait()
        try:
            return submit(owner)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        submissions = list(threads.map(submit_together, range(10)))
    assert sum(submission.created for submission in submissions) == 1
    assert {submission.task.pk for submission in submissions} == {TaskState.objects.get().pk}
    assert len(broker.messages()) == 1
