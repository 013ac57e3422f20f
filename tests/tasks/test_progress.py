"""What a working step reports, and what the bar makes of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tasks import lifecycle
from tasks.lifecycle import Claim, LeaseCheck
from tasks.models import TaskState
from tasks.states import EventType
from tests.tasks.engine import claimed, finished, history, last_event, reloaded, step_of, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def task(owner: User) -> TaskState:
    return finished(submitted(owner), "s1")


@pytest.fixture
def claim(task: TaskState) -> Claim:
    """The second step, which stands for 35 percent after the first 5."""
    return claimed(task, "s2")


def test_a_report_moves_the_bar_and_says_what_happened(task: TaskState, claim: Claim) -> None:
    assert lifecycle.report(claim, 142, 530, "142 of 530 pages fetched") == LeaseCheck.HELD
    assert (reloaded(task).percent, reloaded(task).details) == (14.37, "142 of 530 pages fetched")
    event = last_event(task)
    assert (event.type, event.step, event.percent) == (EventType.PROGRESS, "s2", 14.37)
    assert (event.message, event.data) == ("142 of 530 pages fetched", {"done": 142, "total": 530})


def test_a_report_without_a_line_keeps_the_last_one(task: TaskState, claim: Claim) -> None:
    lifecycle.report(claim, 1, 10, "one page")
    lifecycle.report(claim, 2, 10, "")
    assert reloaded(task).details == "one page"


def test_a_long_line_is_cut_to_its_column(task: TaskState, claim: Claim) -> None:
    lifecycle.report(claim, 1, 10, "x" * 9000)
    assert reloaded(task).details == "x" * 500


def test_its_secrets_are_masked_before_it_is_cut(task: TaskState, claim: Claim) -> None:
    cut_within_the_password = "x" * 480 + " https://bob:hunter2hunter2@example.com/"
    lifecycle.report(claim, 1, 10, cut_within_the_password)
    assert "bob" not in reloaded(task).details


def test_masks_that_are_longer_than_the_secrets_fit_the_column(
    task: TaskState, claim: Claim
) -> None:
    lifecycle.report(claim, 1, 10, "token=a " * 62)
    assert len(reloaded(task).details) == 500
    lifecycle.fail(claim, "refused", "token=b " * 62)
    assert len(reloaded(task).details) == 500


@pytest.mark.parametrize("report", [(6, 20), (3, 0), (0, 0), (0, 10), (4, 10)])
def test_the_bar_does_not_fall(task: TaskState, claim: Claim, report: tuple[int, int]) -> None:
    lifecycle.report(claim, 5, 10, "")
    lifecycle.report(claim, *report, "")
    assert reloaded(task).percent == 22.5
    assert (step_of(task, "s2").done, step_of(task, "s2").total) == (5, 10)


def test_a_step_that_does_more_than_it_announced_keeps_to_its_share(
    task: TaskState, claim: Claim
) -> None:
    lifecycle.report(claim, 12, 10, "")
    assert reloaded(task).percent == 40
    lifecycle.succeed(claim, None)
    assert reloaded(task).percent == 40


def test_an_attempt_that_starts_anew_catches_up_first(task: TaskState, claim: Claim) -> None:
    lifecycle.report(claim, 5, 10, "")
    for done in range(1, 6):
        lifecycle.report(claim, done, 10, "")
        assert reloaded(task).percent == 22.5
    lifecycle.report(claim, 6, 10, "")
    assert reloaded(task).percent == 26


def test_a_report_learns_that_the_task_is_to_be_cancelled(task: TaskState, claim: Claim) -> None:
    lifecycle.cancel(task.pk, by="somebody")
    assert lifecycle.report(claim, 1, 10, "") == LeaseCheck.CANCEL


def test_a_log_line_is_an_event_that_can_draw_the_whole_bar(task: TaskState, claim: Claim) -> None:
    lifecycle.report(claim, 5, 10, "")
    lifecycle.log(claim, "No page at /x.", "warning", {"url": "/x"})
    event = last_event(task)
    assert (event.type, event.message) == (EventType.LOG, "No page at /x.")
    assert event.data == {"level": "warning", "url": "/x"}
    assert (event.state, event.percent, event.step) == ("RUNNING", 22.5, "s2")


def test_every_event_carries_the_bar_as_it_was(owner: User) -> None:
    task = submitted(owner)
    finished(task, *(f"s{number}" for number in range(1, 8)))
    percents = [event.percent for event in history(task)]
    assert percents == sorted(percents)
    assert [event.percent for event in history(task) if event.data.get("step_state") == "SUCCESS"][
        :-1
    ] == [5, 40, 55, 70, 80, 95]
    assert percents[-1] == 100
    assert percents.count(100) == 1
