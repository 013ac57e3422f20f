"""The figures: each thing that happens is counted once, whoever does it and whatever fails."""

from __future__ import annotations

import math
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from operator import eq

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks import counters, lifecycle, metrics, rescue
from tasks.errors import Superseded
from tasks.metrics import WorkflowFigures
from tasks.models import Counter, StepRun, TaskState
from tasks.statements import execute
from tasks.states import Measure, State, StepState
from tests.tasks.broker import Broker
from tests.tasks.engine import STEPS, claimed, finished, let_lease_expire, reloaded, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]

BACKOFF = timedelta(seconds=60)


@pytest.fixture
def task(owner: User, broker: Broker) -> TaskState:
    return submitted(owner)


@pytest.fixture
def all_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each count go to another shard, as if each came from another process."""

    def shards() -> Iterator[int]:
        while True:
            yield from range(counters.SHARDS)

    numbers = shards()
    monkeypatch.setattr(counters, "_shard", lambda: next(numbers))


def figures(workflow: str = "test-seven") -> WorkflowFigures:
    return metrics.collect().workflows[workflow]


def runs(of: WorkflowFigures) -> dict[str, int]:
    return {state: durations.count for state, durations in of.runs.items()}


def attempts(step: str) -> dict[str, int]:
    return {
        state: durations.count
        for state, durations in figures().steps[step].attempts.items()
        if durations.count
    }


def test_before_anything_has_happened_there_are_zeros(db: None) -> None:
    nothing = figures()
    assert nothing.unfinished == {"QUEUED": 0, "RUNNING": 0}
    assert runs(nothing) == {"SUCCESS": 0, "FAILED": 0, "CANCELLED": 0}
    assert list(nothing.steps) == STEPS
    assert (nothing.error_rate, nothing.runs[State.SUCCESS].average) == (None, None)
    assert metrics.queue_age() == 0


def test_unfinished_tasks_are_counted_by_state(owner: User, task: TaskState) -> None:
    submitted(owner)
    claimed(submitted(owner))
    assert figures().unfinished == {"QUEUED": 2, "RUNNING": 1}


def test_the_queue_is_as_old_as_its_oldest_task(owner: User, task: TaskState) -> None:
    submitted(owner)
    claimed(submitted(owner))
    TaskState.objects.filter(pk=task.pk).update(queued_at=timezone.now() - timedelta(minutes=1))
    assert 60 <= metrics.queue_age() < 70


def test_a_whole_run_is_counted_once_with_its_steps(task: TaskState) -> None:
    queued_at = timezone.now() - timedelta(seconds=20)
    TaskState.objects.filter(pk=task.pk).update(queued_at=queued_at)
    finished(task, *STEPS)
    assert runs(figures()) == {"SUCCESS": 1, "FAILED": 0, "CANCELLED": 0}
    assert all(attempts(step) == {"SUCCESS": 1} for step in STEPS)
    whole = figures().runs[State.SUCCESS]
    assert whole.average and 20 <= whole.average < 30
    assert whole.counts == {60.0: 1}


def test_the_time_of_an_attempt_is_its_own_and_not_its_steps(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "It did not work.", BACKOFF, 3)
    begun = timezone.now() - timedelta(seconds=100)
    StepRun.objects.filter(task=task, name="s1").update(retry_at=None, started_at=begun)
    claim = claimed(task)
    StepRun.objects.filter(task=task, name="s1").update(
        attempt_started_at=timezone.now() - timedelta(seconds=2)
    )
    lifecycle.succeed(claim, None)
    assert figures().steps["s1"].attempts[StepState.SUCCESS].counts == {5.0: 1}


def test_a_retry_is_an_attempt_that_was_put_off(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "It did not work.", BACKOFF, 3)
    assert attempts("s1") == {"RETRYING": 1}
    assert figures().steps["s1"].retries == 1


def test_a_cancel_during_the_backoff_ends_no_attempt(task: TaskState) -> None:
    lifecycle.postpone(claimed(task), "It did not work.", BACKOFF, 3)
    lifecycle.cancel(task.pk, "user")
    assert attempts("s1") == {"RETRYING": 1}
    assert runs(figures())["CANCELLED"] == 1


def test_a_cancel_in_the_queue_ends_a_run_and_no_attempt(task: TaskState) -> None:
    lifecycle.cancel(task.pk, "user")
    assert attempts("s1") == {}
    assert runs(figures())["CANCELLED"] == 1


def test_a_restart_and_the_run_after_it_are_counted(task: TaskState) -> None:
    lifecycle.fail(claimed(task), "broken", "It broke.")
    lifecycle.retry(task.pk, "user")
    finished(task, *STEPS)
    assert figures().restarts == 1
    assert runs(figures()) == {"SUCCESS": 1, "FAILED": 1, "CANCELLED": 0}


def test_the_error_rate_leaves_cancelled_runs_out(owner: User, task: TaskState) -> None:
    lifecycle.cancel(task.pk, "user")
    lifecycle.fail(claimed(submitted(owner)), "broken", "It broke.")
    for _ in range(3):
        finished(submitted(owner), *STEPS)
    assert figures().error_rate == 0.25


def test_each_step_that_was_taken_back_is_a_rescue(task: TaskState) -> None:
    for deaths in (1, 2, 3):
        claimed(task)
        let_lease_expire(task)
        rescue.sweep()
        assert figures().steps["s1"].rescues == deaths
    assert reloaded(task).state == State.FAILED
    assert attempts("s1") == {"FAILED": 1}


def test_what_came_second_is_not_counted(task: TaskState) -> None:
    claim = claimed(task)
    lifecycle.succeed(claim, None)
    with pytest.raises(Superseded):
        lifecycle.succeed(claim, None)
    assert attempts("s1") == {"SUCCESS": 1}


def test_what_was_rolled_back_is_not_counted(task: TaskState) -> None:
    claim = claimed(task)
    with pytest.raises(InterruptedError), transaction.atomic():
        lifecycle.succeed(claim, None)
        raise InterruptedError
    assert attempts("s1") == {}


def test_the_totals_outlive_their_tasks(owner: User, task: TaskState) -> None:
    finished(task, *STEPS)
    owner.delete()
    assert not TaskState.objects.exists()
    assert runs(figures())["SUCCESS"] == 1


def test_shards_are_added_up(owner: User, task: TaskState, all_shards: None) -> None:
    for _ in range(3):
        finished(submitted(owner), *STEPS)
    assert Counter.objects.filter(measure=Measure.RUN).count() == 3
    assert runs(figures())["SUCCESS"] == 3
    assert attempts("s7") == {"SUCCESS": 3}


def test_processes_count_in_different_shards_and_so_do_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shards(machine: int) -> list[int]:
        monkeypatch.setattr(counters, "_machine", lambda: machine)
        found = []
        for pid in range(4000, 4000 + counters.SHARDS):
            monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
            found.append(counters._shard())
        return found

    here, there = shards(7), shards(8)
    assert sorted(here) == sorted(there) == list(range(counters.SHARDS))
    assert not any(map(eq, here, there))


def test_machines_are_told_apart_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def machine(name: str) -> int:
        counters._machine.cache_clear()
        monkeypatch.setattr(socket, "gethostname", lambda: name)
        return counters._machine()

    try:
        assert machine("a1b2c3") != machine("d4e5f6")
    finally:
        counters._machine.cache_clear()


def test_totals_are_locked_last(task: TaskState) -> None:
    claim = claimed(task)
    with CaptureQueriesContext(connection) as captured:
        lifecycle.succeed(claim, None)
    written = re.findall(
        r'(?:INSERT INTO|UPDATE) "(\w+)"', "; ".join(query["sql"] for query in captured)
    )
    totals = [table in {"tasks_counter", "tasks_hourtotal"} for table in written]
    assert any(totals)
    assert totals == sorted(totals), written


@pytest.mark.django_db(transaction=True)
def test_counting_at_the_same_moment_loses_nothing() -> None:
    def count(step: int) -> None:
        # The same rows of the same shard, begun in opposite orders: the worst case.
        both = [counters.timed(Measure.ATTEMPT, "w", name, "SUCCESS", 1.0) for name in ("a", "b")]
        for _ in range(20):
            with transaction.atomic():
                execute(list(counters.additions(both[::step])))
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, [1, -1, 1, -1]))
    totals = metrics.collect().workflows["w"].steps
    assert {name: step.attempts["SUCCESS"].count for name, step in totals.items()} == {
        "a": 80,
        "b": 80,
    }
    assert totals["a"].attempts["SUCCESS"].seconds == pytest.approx(80)


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [(-1, 0.1), (0, 0.1), (0.1, 0.1), (0.11, 0.5), (3600, 3600), (3601, math.inf)],
)
def test_a_duration_belongs_to_the_first_bound_that_it_does_not_exceed(
    seconds: float, bound: float
) -> None:
    count = counters.timed(Measure.RUN, "w", "", "SUCCESS", seconds)
    assert (count.bound, count.seconds) == (bound, max(seconds, 0))


def test_counting_unfinished_tasks_reads_the_index_of_them_alone(db: None) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # A small table would just be read.
    assert "task_unfinished" in metrics.unfinished_by_state().explain()
