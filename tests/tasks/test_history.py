"""The history of a task has no gaps, and its order is the order of the commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tasks import events, lifecycle
from tasks.lifecycle import Claim
from tasks.models import TaskEvent
from tests.tasks.engine import claimed, finished, history, reloaded, submitted

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("broker"),
    pytest.mark.services,
]

WRITERS = 3
LINES = 12


def in_own_connection(function: Callable[..., None], *args: object) -> None:
    try:
        function(*args)
    finally:
        connection.close()


def write_lines(claim: Claim, name: str, together: Barrier) -> None:
    together.wait()
    for number in range(LINES):
        lifecycle.log(claim, f"{name} {number}", "info", {})


def watch_for_gaps(task_id: UUID, ended: Event) -> None:
    """Read as a watcher does: whatever `seq` is there, all those below it must be, too."""
    last = False
    while not last:
        last = ended.is_set()
        seqs = list(TaskEvent.objects.filter(task_id=task_id).values_list("seq", flat=True))
        assert sorted(seqs) == list(range(1, len(seqs) + 1))


def test_several_writers_at_once_leave_no_gap_at_any_moment(owner: User) -> None:
    task = submitted(owner)
    claim, together, ended = claimed(task), Barrier(WRITERS), Event()
    with ThreadPoolExecutor(WRITERS + 1) as threads:
        watching = threads.submit(in_own_connection, watch_for_gaps, task.pk, ended)
        writing = [
            threads.submit(in_own_connection, write_lines, claim, f"writer {n}", together)
            for n in range(WRITERS)
        ]
        try:
            for writer in writing:
                writer.result()
        finally:
            ended.set()
        watching.result()
    lines = [event.message for event in history(task)][3:]
    assert len(lines) == WRITERS * LINES
    for n in range(WRITERS):
        own = [line for line in lines if line.startswith(f"writer {n} ")]
        assert own == [f"writer {n} {number}" for number in range(LINES)]
    assert reloaded(task).last_seq == 3 + WRITERS * LINES


def test_a_change_that_fails_leaves_neither_its_state_nor_its_event(owner: User) -> None:
    task = submitted(owner)
    claim = claimed(task)
    before = reloaded(task).last_seq
    with pytest.raises(TypeError):
        lifecycle.succeed(claim, {"cannot be JSON": object()})
    assert reloaded(task).state == "RUNNING"
    assert reloaded(task).last_seq == len(history(task)) == before


def test_reading_on_from_anywhere_gives_the_rest_in_order(owner: User) -> None:
    task = submitted(owner)
    finished(task, "s1", "s2")
    everything = events.since(task.pk, 0)
    assert [event["seq"] for event in everything] == list(range(1, len(everything) + 1))
    for after in range(len(everything) + 1):
        assert events.since(task.pk, after) == everything[after:]
    assert events.since(task.pk, 2, limit=3) == everything[2:5]


def test_the_history_goes_on_through_a_retry(owner: User) -> None:
    task = submitted(owner)
    lifecycle.cancel(task.pk, by="somebody")
    lifecycle.retry(task.pk, by="somebody")
    finished(task, "s1")
    assert [event.seq for event in history(task)] == list(range(1, len(history(task)) + 1))
