"""The first page: what runs, what waits and why, what failed, and who is at work."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tasks import lifecycle, overview, pulse, waiting
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


@pytest.fixture(autouse=True)
def swept(db: None) -> None:
    """A worker consumes."""
    pulse.record(pulse.SWEEP)


def test_without_any_task_it_shows_the_first_steps_and_a_first_request(
    browser_of_staff: Client,
) -> None:
    shown = page(browser_of_staff.get("/"))
    assert text(one(shown, "h1")) == "Make your first agent"
    assert "curl http://testserver/agents" in text(one(shown, "#first-curl"))
    assert one(shown, ".first-request form")["action"] == "/dashboard/tokens/"


def test_it_shows_what_runs_with_its_bar(browser_of_staff: Client, staff: User) -> None:
    task = builds.scraping(staff, 1, 4, name="Manual")
    row = one(page(browser_of_staff.get("/")), f"#running #now-{task.pk}")
    assert one(row, "progress")["value"] == "13.7"
    assert "scrape · 1 of 4 pages fetched" in text(row)


def test_it_shows_what_waits_and_why_in_the_order_of_the_queues(
    browser_of_staff: Client, staff: User
) -> None:
    builds.queued(staff, name="First")
    builds.queued(staff, name="Second")
    shown = page(browser_of_staff.get("/"))
    assert texts(shown, "#queued .now-link") == ["First", "Second"]
    assert texts(shown, "#queued .muted.small") == ["Next in line.", "Behind 1 task."]
    assert texts(shown, "#queues tr")[1].startswith("normal 2")


def test_a_task_between_two_steps_stands_among_those_that_wait(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.queued(staff, name="Between")
    lifecycle.succeed(builds.claimed(task, "validate"), {})
    shown = page(browser_of_staff.get("/"))
    assert texts(shown, "#running .now-link") == []
    assert "The next step waits for a worker." in text(one(shown, f"#queued #now-{task.pk}"))


def test_it_groups_what_failed_by_error_and_leads_to_the_group(
    browser_of_staff: Client, staff: User
) -> None:
    for _ in range(2):
        builds.failed(staff, name="Broken", message="The disk is full.")
    builds.queued(staff, name="Other")
    group = one(page(browser_of_staff.get("/")), "#failed li")
    assert "2 no_pages" in text(group)
    assert "The disk is full." in text(group)
    listed = page(browser_of_staff.get(str(one(group, "a")["href"])))
    assert texts(listed, ".task-link") == ["Broken", "Broken"]


def test_it_says_who_is_at_work(browser_of_staff: Client, staff: User) -> None:
    task = builds.queued(staff, name="Manual")
    builds.claimed(task, "validate")
    shown = page(browser_of_staff.get("/"))
    assert "Manual" in text(one(shown, "#holders li"))
    assert "At work" in text(one(shown, "#health"))


def test_it_says_what_keeps_everything_from_going_on(
    browser_of_staff: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "fault", lambda: waiting.NO_WORKER)
    builds.queued(staff)
    assert "No worker is consuming" in text(one(page(browser_of_staff.get("/")), "#fault"))


def test_the_figures_of_its_charts_stand_in_a_table(browser_of_staff: Client, staff: User) -> None:
    builds.finished(staff)
    builds.failed(staff)
    for span, columns in (("day", 24), ("week", 28), ("month", 30)):
        rows = page(browser_of_staff.get("/", {"span": span})).select("#figures tr")
        assert len(rows) == columns
        assert texts(rows[-1], "td")[:3] == ["1", "1", "0"]


def test_it_costs_as_many_queries_with_many_tasks_as_with_few(
    browser_of_staff: Client, staff: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(overview.SHOWN + 2):
        builds.scraping(staff)
        builds.queued(staff)
        builds.failed(staff)
    with django_assert_max_num_queries(32) as captured:
        browser_of_staff.get("/")
    for _ in range(5):
        builds.scraping(staff)
        builds.queued(staff)
    with django_assert_max_num_queries(len(captured)):
        browser_of_staff.get("/")
