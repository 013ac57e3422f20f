"""The pages of a search hold every task that it finds once, whatever is submitted meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks import search
from tasks.models import TaskQuerySet, TaskState, TaskText
from tasks.states import State
from tasks.text_index import passed, sought
from tests.dashboard import builds

pytestmark = pytest.mark.services

TASKS = 14
SIZES = [1, 3, TASKS]
LISTS: list[list[str]] = [list(State), [State.FAILED], [State.QUEUED]]


@pytest.fixture(params=[1, 4], ids=lambda hits: f"{hits} at once", autouse=True)
def _small_steps(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with a million tasks is done with a handful: a page looks at few of them."""
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(search, "HITS", request.param)
    monkeypatch.setattr(search, "STEPS", ((passed, 1), (sought, 2), (sought, 3)))
    monkeypatch.setattr(search, "STEPS_OF_SHORT", ((passed, 3),))


@pytest.fixture
def tasks(owner: User) -> None:
    """Every other one is a handbook, and every fourth one, which is one, has failed."""
    for number in range(TASKS):
        name = f"{'Handbook' if number % 2 else 'Leaflet'} {number}"
        if number % 4 == 1:
            builds.failed(owner, name=name)
        else:
            builds.queued(owner, name=name)


def walk(
    listed: TaskQuerySet,
    text: str,
    size: int,
    newest_first: bool = True,
    meanwhile: Callable[[], Any] = lambda: None,
) -> list[str]:
    """The names on all pages, one after another."""
    names: list[str] = []
    start = None
    for _ in range(10 * TASKS):
        found = search.page(listed, text, size, start, newest_first=newest_first)
        assert len(found.tasks) <= size
        names += [task.subject for task in found.tasks]
        start = found.further
        if start is None:
            return names
        meanwhile()
    raise AssertionError("The search has no end.")


def expected(listed: TaskQuerySet, text: str, newest_first: bool) -> list[str]:
    names = [task.subject for task in listed.order_by("created_at") if text in task.subject]
    return names[::-1] if newest_first else names


@pytest.mark.parametrize("text", ["Handbook", "1", "no such text"])
def test_all_pages_together_hold_everything_once_and_in_order(tasks: None, text: str) -> None:
    for states, newest_first, size in product(LISTS, (True, False), SIZES):
        listed = TaskState.objects.filter(state__in=states)
        names = walk(listed, text, size, newest_first)
        assert names == expected(listed, text, newest_first), (states, newest_first, size)


def test_what_is_submitted_meanwhile_neither_hides_nor_repeats_anything(
    tasks: None, owner: User
) -> None:
    for states, size in product(LISTS, SIZES):
        listed = TaskState.objects.filter(state__in=states)
        before = expected(listed, "Handbook", newest_first=True)
        added = iter(range(3))

        def submit(size: int = size, added: Any = added) -> None:
            for number in added:
                builds.queued(owner, name=f"Handbook added {size} {number}")
                return

        assert walk(listed, "handbook", size, meanwhile=submit) == before


def test_on_the_way_to_the_newest_what_is_submitted_meanwhile_is_found_too(
    tasks: None, owner: User
) -> None:
    added = iter(range(3))

    def submit() -> None:
        for number in added:
            builds.queued(owner, name=f"Handbook added {number}")
            return

    names = walk(TaskState.objects.all(), "handbook", 2, newest_first=False, meanwhile=submit)
    assert names == expected(TaskState.objects.all(), "Handbook", newest_first=False)
    assert names[-1].startswith("Handbook added")


def test_tasks_that_are_deleted_leave_gaps_that_end_no_search(tasks: None) -> None:
    TaskState.objects.filter(subject__in=[f"Leaflet {n}" for n in range(2, 12)]).delete()
    TaskState.objects.filter(subject__in=[f"Handbook {n}" for n in range(3, 11)]).delete()
    for size in SIZES:
        names = walk(TaskState.objects.all(), "handbook", size)
        assert names == ["Handbook 13", "Handbook 11", "Handbook 1"]


def test_a_list_of_few_tasks_is_looked_through_at_once(
    tasks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = TaskState.objects.filter(state=State.FAILED)
    monkeypatch.setattr(search, "FEW", failed.count())
    found = search.page(failed, "handbook", TASKS)
    assert [task.subject for task in found.tasks] == expected(failed, "Handbook", True)
    assert found.further is None
    for size in SIZES:
        for newest_first in (True, False):
            names = walk(failed, "handbook", size, newest_first)
            assert names == expected(failed, "Handbook", newest_first)


@pytest.mark.parametrize("size", SIZES)
def test_the_task_whose_id_is_the_text_comes_first_and_once(
    tasks: None, owner: User, size: int
) -> None:
    named = TaskState.objects.get(subject="Leaflet 4")
    for number in (1, 2):
        builds.failed(owner, message=f"Like task {named.pk}.", name=f"Like it {number}")
    # Its own text contains its id, too.
    TaskText.objects.filter(task=named).update(text=str(named.pk))
    names = walk(TaskState.objects.all(), str(named.pk), size)
    assert names == ["Leaflet 4", "Like it 2", "Like it 1"]


def test_a_task_that_is_not_in_the_list_is_not_found_by_its_id(tasks: None) -> None:
    named = TaskState.objects.get(subject="Leaflet 4")
    assert walk(TaskState.objects.filter(state=State.FAILED), str(named.pk), 3) == []


def test_where_there_is_no_task_a_search_ends_at_once(db: None) -> None:
    assert search.page(TaskState.objects.all(), "handbook", 3) == search.Found([], None)
