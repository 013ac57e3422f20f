"""Cancelling and retrying from a task's page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tasks.models import TaskState
from tasks.states import State
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


def do(browser: Client, task: TaskState, action: str, **form: str) -> TaskState:
    response = browser.post(f"/dashboard/tasks/{task.pk}/{action}", form)
    assert response.headers["Location"] == f"/dashboard/tasks/{task.pk}/"
    task.refresh_from_db()
    return task


def test_a_queued_task_is_cancelled_at_once(browser_of_staff: Client, staff: User) -> None:
    assert do(browser_of_staff, builds.queued(staff), "cancel").state == State.CANCELLED


def test_a_running_task_shows_that_it_is_being_cancelled(
    browser_of_staff: Client, staff: User
) -> None:
    task = do(browser_of_staff, builds.scraping(staff), "cancel")
    drawn = page(browser_of_staff.get(f"/dashboard/tasks/{task.pk}/"))
    assert one(drawn, "#task-actions button").has_attr("disabled")
    assert texts(drawn, ".log [data-seq] .log-text")[-1] == (
        "staff asked for this task to be cancelled."
    )


def test_cancelling_a_finished_task_says_that_it_is_finished(
    browser_of_staff: Client, staff: User
) -> None:
    task = do(browser_of_staff, builds.failed(staff), "cancel")
    drawn = page(browser_of_staff.get(f"/dashboard/tasks/{task.pk}/"))
    assert "FAILED already" in text(one(drawn, ".messages"))


def test_a_retry_keeps_what_is_done(browser_of_staff: Client, staff: User) -> None:
    task = do(browser_of_staff, builds.cancelled(staff), "retry")
    assert (task.state, task.percent, task.run) == (State.QUEUED, 5, 2)


def test_starting_over_repeats_every_step(browser_of_staff: Client, staff: User) -> None:
    task = do(browser_of_staff, builds.cancelled(staff), "retry", **{"from": "start"})
    assert (task.state, task.percent) == (State.QUEUED, 0)


def test_a_running_task_cannot_be_retried(browser_of_staff: Client, staff: User) -> None:
    task = do(browser_of_staff, builds.scraping(staff), "retry")
    assert (task.state, task.run) == (State.RUNNING, 1)


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_following_a_link_changes_nothing(
    browser_of_staff: Client, staff: User, action: str
) -> None:
    task = builds.queued(staff)
    assert browser_of_staff.get(f"/dashboard/tasks/{task.pk}/{action}").status_code == 405


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_a_form_of_another_site_changes_nothing(staff: User, action: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    task = builds.queued(staff)
    assert browser.post(f"/dashboard/tasks/{task.pk}/{action}").status_code == 403
