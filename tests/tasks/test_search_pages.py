"""A page of what contains a common text is what it would be if every task were looked at."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import lifecycle, search
from tasks.models import TaskQuerySet, TaskState, TaskText
from tasks.states import State
from tests.dashboard import builds

pytestmark = pytest.mark.services

TASKS = 14


@pytest.fixture(autouse=True)
def _few_are_common(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with a million tasks is done with a handful."""
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "GLANCE", 2)
    monkeypatch.setattr(search, "AT_ONCE", 1)
    monkeypatch.setattr(search, "SLACK", TASKS)


@pytest.fixture
def tasks(owner: User) -> None:
    """Every other one is a handbook, and every fourth one, which is one, has failed."""
    for number in range(TASKS):
        name = f"{'Handbook' if number % 2 else 'Leaflet'} {number}"
        if number % 4 == 1:
            builds.failed(owner, name=name)
        else:
            builds.queued(owner, name=name)


def names(tasks: TaskQuerySet) -> list[str]:
    return [task.subject for task in tasks]


def handbooks(order: str, state: str = "") -> tuple[TaskQuerySet, list[str]]:
    """What finds the handbooks, and those that there are."""
    listed = TaskState.objects.order_by(order)
    if state:
        listed = listed.filter(state=state)
    return listed.matching("handbook"), [n for n in names(listed) if n.startswith("Handbook")]


@pytest.mark.parametrize("order", ["-created_at", "created_at", "-finished_at"])
@pytest.mark.parametrize("state", ["", State.FAILED, State.QUEUED])
@pytest.mark.parametrize("size", [1, 3, TASKS])
def test_pages_hold_all_of_it_in_order(tasks: None, order: str, state: str, size: int) -> None:
    found, expected = handbooks(order, state)
    pages = [names(found[start : start + size]) for start in range(0, TASKS, size)]
    if order == "-finished_at" and state != State.FAILED:
        assert sorted(chain.from_iterable(pages)) == sorted(expected)
    else:
        assert list(chain.from_iterable(pages)) == expected


def test_a_page_goes_on_after_a_moment(tasks: None) -> None:
    found, expected = handbooks("-created_at")
    third = TaskState.objects.get(subject=expected[2])
    assert names(found.filter(created_at__lt=third.created_at)[:2]) == expected[3:5]


def test_texts_that_were_not_written_in_the_order_of_their_tasks_are_listed_in_it(
    tasks: None,
) -> None:
    now = timezone.now()
    for number, task in enumerate(TaskState.objects.order_by("created_at")):
        TaskState.objects.filter(pk=task.pk).update(created_at=now - timedelta(seconds=number))
    found, expected = handbooks("-created_at")
    assert expected[0] == "Handbook 1"
    assert names(found[:3]) == expected[:3]


def test_it_is_counted_up_to_a_limit(tasks: None) -> None:
    found, expected = handbooks("-created_at")
    assert found.order_by()[:3].count() == 3
    assert found.order_by()[: TASKS + 1].count() == len(expected)
    assert found.count() == len(expected)


def test_others_are_not_read_on_the_way(tasks: None) -> None:
    found, _ = handbooks("-created_at", State.FAILED)
    failed = TaskState.objects.filter(state=State.FAILED)
    hunt = search._Hunt(failed, "handbook", "", TASKS)
    assert len(hunt.ids() or []) == hunt._tried == failed.count()
    sql, _ = search.narrowed(found, 1).query.sql_with_params()
    assert "EXISTS" not in sql


def test_where_too_many_would_be_tried_the_list_is_searched_instead(
    tasks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "ENOUGH", 1)
    found, expected = handbooks("created_at")
    assert names(found[:6]) == expected[:6]
    sql, _ = search.narrowed(found, 6).query.sql_with_params()
    assert "EXISTS" in sql


def test_what_has_failed_or_was_cancelled_is_known_to_the_index(owner: User, tasks: None) -> None:
    failed = TaskState.objects.filter(state=State.FAILED)
    assert set(failed.values_list("text__ending", flat=True)) == {"FAILED"}
    retried = lifecycle.retry(failed[0].pk, owner)
    cancelled = lifecycle.cancel(TaskState.objects.filter(run=1).queued()[0].pk, by=owner)
    assert TaskText.objects.get(task=retried).ending == ""
    assert TaskText.objects.get(task=cancelled).ending == "CANCELLED"
