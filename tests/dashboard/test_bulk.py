"""Many tasks retried or cancelled: how many it will be, and how far it is."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client

from tasks import bulk, search, workflows
from tasks.models import TaskState
from tasks.states import State
from tests.dashboard import builds
from tests.dashboard.html import one, page, text
from tests.people import staff_of

ASK, RUN = "/dashboard/tasks/bulk", "/dashboard/tasks/bulk/run"


def ask(browser: Client, verb: str, *tasks: TaskState, **form: Any) -> BeautifulSoup:
    """The page that asks, after these tasks were selected."""
    ids = [str(task.pk) for task in tasks]
    return page(browser.post(ASK, {"verb": verb, "id": ids} | form))


def confirm(browser: Client, shown: BeautifulSoup, **changed: str) -> BeautifulSoup:
    """The page after the form of the one shown was sent."""
    fields: dict[str, list[str]] = {}
    for field in shown.select("main form input[type=hidden], main form input[checked]"):
        fields.setdefault(str(field["name"]), []).append(str(field.get("value", "")))
    return page(browser.post(RUN, fields | {name: [value] for name, value in changed.items()}))


def states() -> list[str]:
    return list(TaskState.objects.order_by("created_at").values_list("state", flat=True))


def test_it_says_how_many_it_will_be_and_does_nothing_yet(
    browser_of_staff: Client, staff: User
) -> None:
    chosen = [builds.failed(staff), builds.failed(staff), builds.queued(staff)]
    shown = ask(browser_of_staff, "retry", *chosen)
    assert text(one(shown, "h1")) == "Retry 2 tasks?"
    assert states() == ["FAILED", "FAILED", "QUEUED"]


def test_the_selected_ones_are_retried_and_no_other(browser_of_staff: Client, staff: User) -> None:
    first, second = builds.failed(staff), builds.failed(staff)
    shown = confirm(browser_of_staff, ask(browser_of_staff, "retry", first))
    assert text(one(shown, "h1")) == "Retried 1 task"
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.run, second.state) == ("QUEUED", 2, "FAILED")


def test_they_start_over_if_that_is_chosen(browser_of_staff: Client, staff: User) -> None:
    task = builds.cancelled(staff)
    confirm(browser_of_staff, ask(browser_of_staff, "retry", task), verb="start")
    assert not task.steps.filter(state="SUCCESS").exists()


def test_all_that_match_the_filter_are_cancelled(browser_of_staff: Client, staff: User) -> None:
    for _ in range(3):
        builds.queued(staff, name="Manual")
    builds.failed(staff, name="Manual")
    builds.queued(staff, name="Other")
    shown = ask(browser_of_staff, "cancel", all="on", query="q=manual")
    assert text(one(shown, "h1")) == "Cancel 3 tasks?"
    confirm(browser_of_staff, shown)
    assert states() == ["CANCELLED"] * 3 + ["FAILED", "QUEUED"]


def test_a_filter_by_text_is_for_more_than_a_search_finds_at_once(
    browser_of_staff: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "HITS", 1)
    monkeypatch.setattr(search, "FEW", 0)
    for _ in range(3):
        builds.failed(staff, name="Manual")
    shown = ask(browser_of_staff, "retry", all="on", query="q=manual&state=FAILED")
    assert text(one(shown, "h1")) == "Retry 3 tasks?"


def test_what_comes_after_the_question_is_left_alone(browser_of_staff: Client, staff: User) -> None:
    builds.failed(staff)
    shown = ask(browser_of_staff, "retry", all="on")
    builds.failed(staff)
    confirm(browser_of_staff, shown)
    assert states() == ["QUEUED", "FAILED"]


def test_each_request_does_some_and_says_how_far_it_is(
    browser_of_staff: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOMENT", 0.0)
    monkeypatch.setattr(bulk.carry_out, "__defaults__", (0.0,))
    for _ in range(3):
        builds.failed(staff)
    shown = ask(browser_of_staff, "retry", all="on")
    told = []
    while shown.select("main form"):
        shown = confirm(browser_of_staff, shown)
        told.append(text(one(shown, ".bulk-count")))
    assert told == ["1 of 3", "2 of 3", "3 of 3", "3 of 3"]
    assert text(one(shown, "h1")) == "Retried 3 tasks"
    assert states() == ["QUEUED"] * 3
    assert set(TaskState.objects.values_list("run", flat=True)) == {2}


def test_those_that_cannot_be_retried_are_counted_with_a_reason(
    browser_of_staff: Client, staff: User
) -> None:
    builds.failed(staff)
    TaskState.objects.update(workflow="forgotten")
    builds.failed(staff)
    shown = confirm(browser_of_staff, ask(browser_of_staff, "retry", all="on"))
    assert text(one(shown, "h1")) == "Retried 1 task"
    assert "1 was left as it is" in text(one(shown, ".notice-warning"))
    assert "forgotten" not in workflows.names()
    assert "forgotten" in text(one(shown, ".notice-warning"))


def test_staff_without_the_permission_touch_their_own_tasks_only(staff: User) -> None:
    onlooker = staff_of()
    browser = Client()
    browser.force_login(onlooker)
    builds.failed(staff)
    shown = ask(browser, "retry", all="on")
    assert text(one(shown, "h1")) == "Nothing to retry"
    assert "your own tasks only" in text(one(shown, ".notice-warning"))
    builds.failed(onlooker)
    shown = confirm(browser, ask(browser, "retry", all="on"))
    assert text(one(shown, "h1")) == "Retried 1 task"
    assert states() == ["FAILED", "QUEUED"]


def test_where_there_is_nothing_to_do_it_says_so(browser_of_staff: Client, staff: User) -> None:
    shown = ask(browser_of_staff, "cancel", builds.failed(staff))
    assert text(one(shown, "h1")) == "Nothing to cancel"


@pytest.mark.parametrize("address", [ASK, RUN])
def test_a_form_that_is_none_is_refused(browser_of_staff: Client, address: str) -> None:
    assert browser_of_staff.post(address, {"verb": "burn"}).status_code == 400
    assert browser_of_staff.get(address).status_code == 405


@pytest.mark.parametrize("address", [ASK, RUN])
def test_others_than_staff_and_forms_of_other_sites_are_refused(
    user: User, staff: User, address: str
) -> None:
    task = builds.failed(staff)
    form = {"verb": "retry", "id": str(task.pk)}
    client = Client()
    client.force_login(user)
    assert client.post(address, form).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff)
    assert strict.post(address, form).status_code == 403
    task.refresh_from_db()
    assert task.state == State.FAILED
