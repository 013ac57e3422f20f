"""What programs print: each line its own event, masked, told of, and only under the lease."""

from __future__ import annotations

from typing import Any

import pytest

from tasks import lifecycle, publisher
from tasks.errors import Superseded
from tasks.models import TaskState
from tests.tasks.engine import claimed, everything, history, reloaded
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def test_each_line_is_an_event_of_the_step_in_its_order(task: TaskState) -> None:
    claim = claimed(task)
    before = reloaded(task).last_seq
    lifecycle.log_lines(claim, ["one", "two"])
    lifecycle.log(claim, "three", "info", {})
    events = history(task)[before:]
    assert [(event.seq - before, event.message) for event in events] == [
        (1, "one"),
        (2, "two"),
        (3, "three"),
    ]
    assert {(event.type, event.step, event.state) for event in events} == {("log", "s1", "RUNNING")}
    assert events[0].data == {"level": "info", "stream": "stdout"}


def test_secrets_are_masked_and_one_that_reaches_over_a_lines_end_takes_no_line_along(
    task: TaskState,
) -> None:
    lifecycle.log_lines(claimed(task), ["password: hunter2", "Bearer", "abcdef123456", "end"])
    assert [event.message for event in history(task)[-4:]] == [
        "password: ***",
        "Bearer",
        "abcdef123456",
        "end",
    ]


def test_whoever_has_lost_the_lease_writes_nothing(task: TaskState) -> None:
    claim = claimed(task)
    hand_lease_to(ELSEWHERE, task)
    before = everything()
    with pytest.raises(Superseded):
        lifecycle.log_lines(claim, ["too late"])
    assert everything() == before


def test_watchers_are_told_what_is_stored(
    task: TaskState, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    claim, told = claimed(task), list[dict[str, Any]]()
    monkeypatch.setattr(publisher, "publish", lambda _, payloads: told.extend(payloads))
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.log_lines(claim, ["one", "two"])
        assert not told
    assert [(each["seq"], each["message"]) for each in told] == [
        (event.seq, event.message) for event in history(task)[-2:]
    ]
