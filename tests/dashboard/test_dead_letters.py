"""The page of dead letters."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import User
from django.test import Client

from tasks import bulk
from tasks.models import TaskState
from tasks.states import State
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts
from tests.people import staff_of

ADDRESS = "/dashboard/dead-letters/"
GROUP = {"workflow": "build-agent", "step": "validate", "error_code": "no_pages"}


def asked(browser: Client, query: str = "", button: str = ".letter-group button") -> BeautifulSoup:
    """The page that a button of the page of dead letters leads to."""
    form = one(page(browser.get(ADDRESS + query)), button).find_parent("form")
    assert form is not None
    return page(browser.post(str(form["action"]), fields(form)))


def fields(form: Tag, **chosen: str) -> dict[str, str]:
    """What a browser sends of a form in which somebody has chosen this."""
    hidden = form.select("input[type=hidden]")
    return {str(each["name"]): str(each["value"]) for each in hidden} | chosen


def carried_out(browser: Client, shown: BeautifulSoup, verb: str = "retry") -> BeautifulSoup:
    """The page after the question was answered."""
    form = one(shown, "form.bulk-card")
    return page(browser.post(str(form["action"]), fields(form, verb=verb)))


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
    assert text(one(shown, ".messages")) == "The task is back in the queue."
    assert texts(shown, ".letter-name") == ["Two"]
    assert states() == [State.QUEUED, State.FAILED]


def test_a_group_is_retried_and_others_stay(browser_of_staff: Client, staff: User) -> None:
    builds.failed(staff)
    builds.failed_in_scrape(staff)
    button = "[aria-label$='no_pages in validate']"
    shown = asked(browser_of_staff, button=button)
    assert text(one(shown, "h1")) == "Retry 1 task?"
    assert text(one(carried_out(browser_of_staff, shown), "h1")) == "Retried 1 task"
    assert states() == [State.QUEUED, State.FAILED]


@pytest.mark.parametrize(("verb", "percent"), [("retry", 5), ("start", 0)])
def test_all_are_retried_from_where_they_failed_or_from_the_start(
    browser_of_staff: Client, staff: User, verb: str, percent: int
) -> None:
    task = builds.failed_in_scrape(staff)
    cancelled = builds.cancelled(staff)
    shown = asked(browser_of_staff, button=".page-head button")
    assert text(one(shown, "h1")) == "Retry 1 task?"
    carried_out(browser_of_staff, shown, verb)
    task.refresh_from_db()
    assert (task.state, task.percent) == (State.QUEUED, percent)
    cancelled.refresh_from_db()
    assert cancelled.state == State.CANCELLED


def test_those_that_failed_before_their_first_step_are_a_group_of_their_own(
    browser_of_staff: Client, staff: User
) -> None:
    early = builds.failed(staff)
    builds.failed(staff)
    TaskState.objects.filter(pk=early.pk).update(failed_step="")
    carried_out(browser_of_staff, asked(browser_of_staff, button="[aria-label$='in build-agent']"))
    assert states() == [State.QUEUED, State.FAILED]


def test_more_than_a_moment_allows_are_gone_on_with(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk.carry_out, "__defaults__", (0.0,))
    for _ in range(3):
        builds.failed(staff)
    shown = carried_out(browser_of_staff, asked(browser_of_staff))
    assert text(one(shown, ".bulk-count")) == "1 of 3"
    while found := shown.select("[data-go-on]"):
        shown = page(browser_of_staff.post(str(found[0]["action"]), fields(found[0])))
    assert text(one(shown, "h1")) == "Retried 3 tasks"
    assert states() == [State.QUEUED] * 3


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
    task_id = str(TaskState.objects.get().pk)
    form = GROUP | {"task_id": task_id}
    assert client.post("/dashboard/dead-letters/retry", form).status_code == 403
    assert states() == [State.FAILED]


def test_staff_without_the_right_retry_their_own(client: Client, user: User) -> None:
    viewer = staff_of("Viewers")
    builds.failed(user)
    builds.failed(viewer)
    client.force_login(viewer)
    shown = asked(client)
    assert "your own tasks only" in text(one(shown, ".notice-warning"))
    carried_out(client, shown)
    assert states() == [State.FAILED, State.QUEUED]
