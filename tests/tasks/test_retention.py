"""What has been kept long enough goes, and nothing else."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import Mock, call

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_celery_results.models import TaskResult

from tasks import events, lifecycle, retention
from tasks.lifecycle import retention as removal
from tasks.models import StepRun, TaskEvent, TaskState
from tasks.states import State
from tests.tasks.engine import (
    STEPS,
    claimed,
    everything,
    finished,
    history,
    last_event,
    reloaded,
    submitted,
)

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture(autouse=True)
def _days(settings: Any) -> None:
    settings.AGENTFORGE_KEEP_EVENTS_DAYS = 10
    settings.AGENTFORGE_KEEP_TASKS_DAYS = 20
    settings.AGENTFORGE_KEEP_DEAD_LETTERS_DAYS = 30
    settings.AGENTFORGE_KEEP_RESULTS_DAYS = 10


def ended(owner: User, state: State, days_ago: float) -> TaskState:
    """A task that ended in `state` so long ago."""
    task = submitted(owner)
    if state == State.SUCCESS:
        finished(task, *STEPS)
    elif state == State.FAILED:
        lifecycle.fail(claimed(task), "hopeless", "No.")
    else:
        lifecycle.cancel(task.pk, by="somebody")
    return aged(task, days_ago)


def aged(task: TaskState, days: float) -> TaskState:
    TaskState.objects.filter(pk=task.pk).update(finished_at=ago(days))
    return reloaded(task)


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def exists(task: TaskState) -> bool:
    return TaskState.objects.filter(pk=task.pk).exists()


@pytest.mark.parametrize("state", [State.SUCCESS, State.FAILED, State.CANCELLED])
def test_an_old_history_is_cut_down_to_its_final_event(owner: User, state: State) -> None:
    task = ended(owner, state, days_ago=11)
    final = history(task)[-1]
    retention.clean_up()
    assert history(task) == [final]
    assert events.is_final(events.payload(last_event(task)))
    assert reloaded(task).last_seq == final.seq
    assert reloaded(task).trimmed_at is not None


@pytest.mark.parametrize("state", [State.SUCCESS, State.FAILED, State.CANCELLED])
def test_a_young_history_stays_whole(owner: User, state: State) -> None:
    ended(owner, state, days_ago=9)
    before = everything()
    retention.clean_up()
    assert everything() == before


def test_what_is_not_finished_is_never_touched(owner: User) -> None:
    running, queued = submitted(owner), submitted(owner)
    claimed(running)
    TaskState.objects.update(created_at=ago(1000), queued_at=ago(1000), started_at=ago(1000))
    before = everything()
    retention.clean_up()
    assert everything() == before
    assert exists(queued)


def test_outputs_go_with_the_history_unless_a_retry_may_need_them(owner: User) -> None:
    done = ended(owner, State.SUCCESS, days_ago=11)
    dead = finished(submitted(owner), "s1")
    lifecycle.fail(claimed(dead, "s2"), "hopeless", "No.")
    aged(dead, 11)
    retention.clean_up()
    assert set(done.steps.values_list("output", flat=True)) == {None}
    lifecycle.retry(dead.pk, by="somebody")
    assert claimed(dead, "s2").outputs == {"s1": {"from": "s1"}}


def test_a_long_history_goes_in_several_transactions(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "EVENTS_AT_ONCE", 4)
    task = ended(owner, State.SUCCESS, days_ago=11)
    assert len(history(task)) > 8
    assert removal._trim_some(task.pk, timezone.now()) is False
    assert history(task)[0].seq == 5
    retention.clean_up()
    assert len(history(task)) == 1


def test_a_trimmed_task_that_is_retried_is_trimmed_again_in_its_time(owner: User) -> None:
    task = ended(owner, State.FAILED, days_ago=11)
    retention.clean_up()
    final = last_event(task).seq
    lifecycle.retry(task.pk, by="somebody")
    assert [event.seq for event in history(task)] == [final, final + 1]
    lifecycle.cancel(task.pk, by="somebody")
    retention.clean_up()
    assert len(history(task)) > 2
    aged(task, 11)
    retention.clean_up()
    assert len(history(task)) == 1


@pytest.mark.parametrize(
    ("state", "kept_days"), [(State.SUCCESS, 20), (State.CANCELLED, 20), (State.FAILED, 30)]
)
def test_finished_tasks_go_with_their_steps_and_events_in_their_time(
    owner: User, state: State, kept_days: int
) -> None:
    old, young = (ended(owner, state, days_ago=kept_days + days) for days in (1, -1))
    retention.clean_up()
    assert (exists(old), exists(young)) == (False, True)
    assert set(StepRun.objects.values_list("task", flat=True)) == {young.pk}
    assert set(TaskEvent.objects.values_list("task", flat=True)) == {young.pk}


def test_tasks_go_although_histories_are_kept_for_ever(owner: User, settings: Any) -> None:
    settings.AGENTFORGE_KEEP_EVENTS_DAYS = 0
    old, young = (ended(owner, State.SUCCESS, days_ago=days) for days in (21, 19))
    retention.clean_up()
    assert not exists(old)
    assert len(history(young)) > 1


def test_zero_days_keep_everything_for_ever(owner: User, settings: Any) -> None:
    for name in ("TASKS", "DEAD_LETTERS", "EVENTS", "RESULTS"):
        setattr(settings, f"AGENTFORGE_KEEP_{name}_DAYS", 0)
    for state in (State.SUCCESS, State.FAILED, State.CANCELLED):
        ended(owner, state, days_ago=10_000)
    before = everything()
    assert sum(retention.clean_up().values()) == 0
    assert everything() == before


def test_a_task_that_was_retried_after_it_was_found_stays(owner: User) -> None:
    task = ended(owner, State.FAILED, days_ago=31)
    assert lifecycle.trim(task.pk, ago(30))
    lifecycle.retry(task.pk, by="somebody")
    assert lifecycle.trim(task.pk, ago(30)) is False
    assert lifecycle.forget([task.pk], ago(30)) == 0
    lifecycle.fail(claimed(task), "hopeless", "Again.")
    assert lifecycle.trim(task.pk, ago(30)) is False
    assert lifecycle.forget([task.pk], ago(30)) == 0
    assert exists(task)


def test_results_of_celery_go_in_their_time() -> None:
    for days in (9, 11):
        row = TaskResult.objects.create(task_id=f"{days} days")
        TaskResult.objects.filter(pk=row.pk).update(date_done=ago(days))
    retention.clean_up()
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["9 days"]


def test_what_is_due_is_counted_and_nothing_goes(owner: User) -> None:
    ended(owner, State.SUCCESS, days_ago=21)
    ended(owner, State.FAILED, days_ago=11)
    before = everything()
    due = retention.due()
    assert (due["tasks that succeeded"], due["dead letters"]) == (1, 0)
    assert due["histories of finished tasks"] == 2
    assert everything() == before


def test_chunk_follows_chunk_until_nothing_is_left(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        ended(owner, State.CANCELLED, days_ago=21)
    in_pairs = [replace(rule, at_once=2) for rule in retention._rules]
    monkeypatch.setattr(retention, "_rules", in_pairs)
    assert retention.clean_up()["cancelled tasks"] == 5
    assert not TaskState.objects.exists()


def test_no_chunk_is_bigger_than_its_rule_says(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def remove(keys: list[Any], before: datetime) -> int:
        sizes.append(len(keys))
        return TaskState.objects.filter(pk__in=keys).delete()[0]

    for _ in range(5):
        ended(owner, State.SUCCESS, days_ago=21)
    rule = retention.Rule(
        "tasks", "AGENTFORGE_KEEP_TASKS_DAYS", lambda _: TaskState.objects.all(), remove, at_once=2
    )
    monkeypatch.setattr(retention, "_rules", [rule])
    # On a busy machine a chunk may take longer, and the next one would be smaller.
    monkeypatch.setattr(retention, "CHUNK_SECONDS", 60.0)
    retention.clean_up()
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize(
    "now_so",
    [
        {"state": State.QUEUED},
        {"trimmed_at": None, "last_seq": lifecycle.SHORT_HISTORY + 1},
        {"finished_at": timezone.now()},
    ],
)
def test_a_task_that_is_in_use_again_is_not_forgotten(owner: User, now_so: dict[str, Any]) -> None:
    task = ended(owner, State.CANCELLED, days_ago=21)
    before = ago(10)
    lifecycle.trim(task.pk, before)
    TaskState.objects.filter(pk=task.pk).update(**now_so)
    assert lifecycle.forget([task.pk], before) == 0
    assert exists(task)


def test_no_chunk_is_begun_after_the_time_is_over(owner: User) -> None:
    ended(owner, State.CANCELLED, days_ago=21)
    assert retention.clean_up(seconds=0) == {}
    assert TaskState.objects.exists()


def test_a_long_backlog_of_one_rule_does_not_hold_up_the_others(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []

    def endless(keys: list[Any], before: datetime) -> int:
        turns.append("endless")
        return 1

    def brief(keys: list[Any], before: datetime) -> int:
        turns.append("brief")
        return 0

    ended(owner, State.SUCCESS, days_ago=21)
    rules = [
        retention.Rule(
            each.__name__, "AGENTFORGE_KEEP_TASKS_DAYS", lambda _: TaskState.objects.all(), each
        )
        for each in (endless, brief)
    ]
    monkeypatch.setattr(retention, "_rules", rules)
    retention.clean_up(seconds=0.5)
    assert turns[:3] == ["endless", "brief", "endless"]


def test_a_rule_that_fails_does_not_hold_up_the_others(
    owner: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(keys: list[Any], before: datetime) -> int:
        raise OSError("The disk is full.")

    rule = retention.Rule(
        "broken rows", "AGENTFORGE_KEEP_TASKS_DAYS", lambda _: TaskState.objects.all(), broken
    )
    monkeypatch.setattr(retention, "_rules", [rule, *retention._rules])
    task = ended(owner, State.SUCCESS, days_ago=21)
    retention.clean_up()
    assert not exists(task)
    assert "Could not remove broken rows" in caplog.text


def test_a_short_history_goes_together_with_its_task(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(owner, State.CANCELLED, days_ago=21)
    long = ended(owner, State.CANCELLED, days_ago=21)
    TaskState.objects.filter(pk=long.pk).update(last_seq=lifecycle.SHORT_HISTORY + 1)
    trim = Mock(wraps=lifecycle.trim)
    monkeypatch.setattr(lifecycle, "trim", trim)
    (rule,) = (rule for rule in retention._rules if rule.title == "cancelled tasks")
    assert retention.Removal(rule).remove_chunk() == 2
    assert [one.args[0] for one in trim.call_args_list] == [long.pk]
    assert not TaskState.objects.exists()


def test_a_chunk_is_as_large_as_fits_into_its_time_and_others_get_as_much(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        submitted(owner)
    clock, remove, pause = count(), Mock(return_value=1), Mock()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(time, "sleep", pause)
    setting, rows = "AGENTFORGE_KEEP_TASKS_DAYS", TaskState.objects.all()
    removal = retention.Removal(retention.Rule("rows", setting, lambda _: rows, remove, at_once=4))
    for _ in range(4):
        removal.remove_chunk()
    monkeypatch.setattr(retention, "CHUNK_SECONDS", 2)
    for _ in range(4):
        removal.remove_chunk()
    assert [len(one.args[0]) for one in remove.call_args_list] == [4, 2, 1, 1, 1, 2, 4, 4]
    assert pause.call_args_list == [call(1)] * 8
