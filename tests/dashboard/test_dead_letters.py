"""The page of dead letters."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tasks import dead_letters
from tasks.models import TaskState
from tasks.states import State
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts
from tests.people import staff_of

ADDRESS = "/dashboard/dead-letters/"
GROUP = {"workflow": "build-agent", "step": "validate", "error_code": "no_pages"}


def retry(browser: Client, **form: Any) -> str:
    """Send the form; what the page says then."""
    response = browser.post("/dashboard/dead-letters/retry", form, follow=True)
    return text(one(page(response), ".messages"))


def states() -> list[str]:
    return list(TaskState.objects.order_by("created_at").values_list("state", flat=True))


def test_groups_say_how_many_failed_where_and_why(browser_of_staff: Client, staff: User) -> None:
    for name in ("One", "Two"):
        builds.failed(staff, message="Nothing there.", name=name)
    shown = page(browser_of_staff.get(ADDRESS))
    group = one(shown, ".letter-group")
    assert text(one(group, ".letter-count")) == "2"
    assert text(one(group, "h2")) == "2 tasks: no_pages"
    assert text(one(group, ".letter-error")) == "Nothing there."
    tasks = page(browser_of_staff.get(ADDRESS + str(one(group, "h2 a")["href"])))
    assert texts(tasks, ".letter-name") == ["Two", "One"]


def test_without_dead_letters_the_page_says_what_they_are(browser_of_staff: Client) -> None:
    assert "wait here" in text(one(page(browser_of_staff.get(ADDRESS)), ".empty"))


def test_one_is_retried_and_the_rest_stays(browser_of_staff: Client, staff: User) -> None:
    first, _ = builds.failed(staff, name="One"), builds.failed(staff, name="Two")
    response = browser_of_staff.post(
        "/dashboard/dead-letters/retry", GROUP | {"task_id": str(first.pk)}, follow=True
    )
    shown = page(response)
    assert text(one(shown, ".messages")) == "1 task is back in the queue."
    assert texts(shown, ".letter-name") == ["Two"]
    assert states() == [State.QUEUED, State.FAILED]


def test_a_group_is_retried_and_others_stay(browser_of_staff: Client, staff: User) -> None:
    builds.failed(staff)
    builds.failed_in_scrape(staff)
    assert retry(browser_of_staff, **GROUP) == "1 task is back in the queue."
    assert states() == [State.QUEUED, State.FAILED]


@pytest.mark.parametrize(("start", "percent"), [("failed", 5), ("start", 0)])
def test_all_are_retried_from_where_they_failed_or_from_the_start(
    browser_of_staff: Client, staff: User, start: str, percent: int
) -> None:
    task = builds.failed_in_scrape(staff)
    retry(browser_of_staff, **{"from": start})
    task.refresh_from_db()
    assert (task.state, task.percent) == (State.QUEUED, percent)


def test_more_than_are_retried_at_once_are_told_of(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(dead_letters, "RETRIED_AT_ONCE", 2)
    for _ in range(3):
        builds.failed(staff)
    assert retry(browser_of_staff, **GROUP) == (
        "2 tasks are back in the queue. 1 are left. Retry again to go on."
    )


@pytest.mark.parametrize("task_id", [str(uuid.UUID(int=7)), "nonsense"])
def test_a_dead_letter_that_is_not_there_is_not_found(
    browser_of_staff: Client, staff: User, task_id: str
) -> None:
    builds.failed(staff)
    response = browser_of_staff.post("/dashboard/dead-letters/retry", {"task_id": task_id})
    assert response.status_code == 404
    assert states() == [State.FAILED]


def test_who_is_not_staff_retries_nothing(client: Client, user: User) -> None:
    builds.failed(user)
    client.force_login(user)
    for response in (client.get(ADDRESS), client.post("/dashboard/dead-letters/retry", {})):
        assert response.headers["Location"].startswith("/login/")
    assert states() == [State.FAILED]


def test_staff_without_the_right_see_dead_letters_and_retry_none(
    client: Client, user: User
) -> None:
    builds.failed(user)
    client.force_login(staff_of("Viewers"))
    for query in ("", "?workflow=build-agent"):
        shown = page(client.get(ADDRESS + query))
        buttons = shown.select("main form button")
        assert buttons
        assert all(button.has_attr("disabled") for button in buttons)
        assert "tasks.retry_taskstate" in text(one(shown, "#letters-why-not"))
    assert client.post("/dashboard/dead-letters/retry", GROUP).status_code == 403
    assert states() == [State.FAILED]


def test_staff_without_the_right_retry_their_own(client: Client, user: User) -> None:
    viewer = staff_of("Viewers")
    builds.failed(user)
    builds.failed(viewer)
    client.force_login(viewer)
    assert retry(client, **GROUP).startswith("1 task is back in the queue. 1 could not be")
    assert states() == [State.FAILED, State.QUEUED]
