"""Tasks that failed for good, in groups, and back into the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks import dead_letters, lifecycle
from tasks.dead_letters import Outcome
from tasks.models import TaskQuerySet, TaskState
from tasks.states import State
from tests.tasks.engine import claimed, finished, reloaded, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def failed(
    owner: User, step: str = "s1", code: str = "hopeless", message: str = "No."
) -> TaskState:
    """A task that failed in `step`, after those before it."""
    names = [f"s{number}" for number in range(1, 8)]
    task = finished(submitted(owner), *names[: names.index(step)])
    lifecycle.fail(claimed(task, step), code, message)
    return reloaded(task)


def everyones() -> TaskQuerySet:
    return dead_letters.select(TaskState.objects.all())


def test_they_are_grouped_by_workflow_step_and_error(owner: User) -> None:
    failed(owner, "s2", "hopeless", "The first.")
    failed(owner, "s1", "hopeless")
    failed(owner, "s2", "time_limit")
    newest = failed(owner, "s2", "hopeless", "The second.")
    groups = dead_letters.groups(everyones())
    assert [(g.workflow, g.step, g.error_code, g.count) for g in groups] == [
        ("test-seven", "s2", "hopeless", 2),
        ("test-seven", "s2", "time_limit", 1),
        ("test-seven", "s1", "hopeless", 1),
    ]
    assert (groups[0].newest_task_id, groups[0].newest_at) == (newest.pk, newest.finished_at)
    assert groups[0].sample_message == "The second."


def test_only_failed_tasks_are_dead_letters(owner: User) -> None:
    submitted(owner)
    lifecycle.cancel(submitted(owner).pk, by="somebody")
    assert dead_letters.groups(everyones()) == []


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"workflow": "test-seven"}, 3),
        ({"step": "s2"}, 2),
        ({"error_code": "hopeless"}, 2),
        ({"step": "s2", "error_code": "hopeless"}, 1),
        ({"workflow": "another"}, 0),
    ],
)
def test_they_are_selected_by_what_is_given(
    owner: User, wanted: dict[str, str], count: int
) -> None:
    failed(owner, "s1", "hopeless")
    failed(owner, "s2", "hopeless")
    failed(owner, "s2", "time_limit")
    assert dead_letters.select(TaskState.objects.all(), **wanted).count() == count


def test_a_retry_of_many_touches_those_selected_only(owner: User) -> None:
    chosen, other = failed(owner, "s2"), failed(owner, "s1")
    letters = dead_letters.select(TaskState.objects.all(), step="s2")
    assert dead_letters.retry(letters, "somebody") == Outcome(retried=1, refused=0)
    assert (reloaded(chosen).state, reloaded(chosen).percent) == (State.QUEUED, 5)
    assert reloaded(other).state == State.FAILED


def test_a_retry_of_many_may_begin_from_the_start(owner: User) -> None:
    task = failed(owner, "s2")
    dead_letters.retry(everyones(), "somebody", start_over=True)
    assert reloaded(task).percent == 0


def test_the_longest_dead_come_first_and_no_more_than_asked_for(owner: User) -> None:
    tasks = [failed(owner) for _ in range(4)]
    assert dead_letters.retry(everyones(), "somebody", at_most=3).retried == 3
    assert [reloaded(task).state for task in tasks] == [State.QUEUED] * 3 + [State.FAILED]


def test_every_page_of_them_is_reached(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "PAGE", 2)
    moment = timezone.now()
    for _ in range(5):
        task = failed(owner)
        TaskState.objects.filter(pk=task.pk).update(finished_at=moment)
    assert dead_letters.retry(everyones(), "somebody") == Outcome(retried=5, refused=0)


def test_what_fails_again_meanwhile_is_not_retried_twice(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "PAGE", 1)
    tasks = [failed(owner) for _ in range(2)]
    retry = lifecycle.retry

    def retry_in_vain(*args: object) -> None:
        task = retry(*args)  # type: ignore[arg-type]
        lifecycle.fail(claimed(task), "hopeless", "Again.")

    monkeypatch.setattr(lifecycle, "retry", retry_in_vain)
    assert dead_letters.retry(everyones(), "somebody").retried == 2
    assert [reloaded(task).run for task in tasks] == [2, 2]


def test_those_that_somebody_else_was_faster_with_are_refused(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = failed(owner), failed(owner)
    retry = lifecycle.retry

    def retry_after_somebody_else(*args: object) -> None:
        if reloaded(second).state == State.FAILED:
            retry(second.pk, "somebody else")
        retry(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(lifecycle, "retry", retry_after_somebody_else)
    assert dead_letters.retry(everyones(), "somebody") == Outcome(retried=1, refused=1)
    assert {reloaded(task).run for task in (first, second)} == {2}


def test_those_whose_workflow_is_gone_are_refused_and_stay(owner: User) -> None:
    gone, known = failed(owner), failed(owner)
    TaskState.objects.filter(pk=gone.pk).update(workflow="gone")
    assert dead_letters.retry(everyones(), "somebody", at_most=1) == Outcome(retried=1, refused=1)
    assert [reloaded(task).state for task in (gone, known)] == [State.FAILED, State.QUEUED]


def test_however_many_workflows_are_gone_each_known_task_is_reached(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [failed(owner) for _ in range(3)]
    TaskState.objects.filter(pk__in=[task.pk for task in gone]).update(workflow="gone")
    known, tried = failed(owner), []
    monkeypatch.setattr(lifecycle, "retry", lambda task_id, *_: tried.append(task_id))
    assert dead_letters.retry(everyones(), "somebody") == Outcome(retried=1, refused=3)
    assert tried == [known.pk]


def test_a_group_that_is_retried_while_it_is_counted_is_left_out(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(owner, "s1")
    rest = failed(owner, "s2")
    select = dead_letters.select

    def retried_first(letters: TaskQuerySet, *group: str) -> TaskQuerySet:
        dead_letters.retry(select(letters, step="s1"), "somebody")
        return select(letters, *group)

    letters = everyones()
    monkeypatch.setattr(dead_letters, "select", retried_first)
    assert [group.newest_task_id for group in dead_letters.groups(letters)] == [rest.pk]


@pytest.mark.django_db(transaction=True)
def test_the_groups_are_counted_within_an_index(owner: User, analyze: Callable[[], None]) -> None:
    longest_ago = timezone.now() - timedelta(days=1)
    rows = [
        TaskState(workflow="w", owner=owner, state=state, finished_at=longest_ago, percent=0)
        for state in [State.FAILED, *[State.CANCELLED] * 20] * 50
    ]
    TaskState.objects.bulk_create(rows)
    analyze()
    counted = everyones().order_by().values("workflow", "failed_step", "error_code", "owner")
    assert "task_dead_letters" in counted.explain()
