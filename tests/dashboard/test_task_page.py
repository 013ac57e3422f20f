"""One task's page, as the server draws it."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tasks import display, lifecycle
from tasks.models import TaskState
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


def shown(browser: Client, task: TaskState) -> BeautifulSoup:
    return page(browser.get(f"/dashboard/tasks/{task.pk}/"))


def test_each_segment_is_as_wide_as_its_step_weighs(browser_of_staff: Client, staff: User) -> None:
    found = shown(browser_of_staff, builds.queued(staff)).select(".segment")
    assert [segment["width"] for segment in found] == [
        "5%",
        "35%",
        "15%",
        "15%",
        "10%",
        "15%",
        "5%",
    ]
    assert [segment["x"] for segment in found] == ["0%", "5%", "40%", "55%", "70%", "80%", "95%"]


def test_each_segment_is_filled_as_far_as_its_step_is(
    browser_of_staff: Client, staff: User
) -> None:
    found = shown(browser_of_staff, builds.scraping(staff, 1, 4)).select(".segment-fill")
    assert [fill["width"] for fill in found][:3] == ["100.00%", "25.00%", "0.00%"]


def test_the_percent_stands_large_and_for_assistive_technology(
    browser_of_staff: Client, staff: User
) -> None:
    drawn = shown(browser_of_staff, builds.scraping(staff, 1, 4))
    assert text(one(drawn, "[data-percent]")) == "13.7"
    assert one(drawn, "[role=progressbar]")["aria-valuenow"] == "13.7"
    assert text(one(drawn, "[data-details]")) == "1 of 4 pages fetched"


def test_a_task_whose_step_says_nothing_does_not_claim_to_wait_for_a_worker(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.queued(staff)
    assert text(one(shown(browser_of_staff, task), "[data-details]")) == "Waiting for a worker."
    builds.claimed(task, "validate")
    assert text(one(shown(browser_of_staff, task), "[data-details]")) == "A worker has begun."


def test_a_task_that_waits_says_how_long_it_has_waited(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.queued(staff)
    waits = one(shown(browser_of_staff, task), "#task-elapsed")
    assert text(one(waits, "dt")) == "Waiting for"
    assert one(waits, "dd")["data-since"] == task.queued_at.isoformat()
    builds.claimed(task, "validate")
    assert text(one(shown(browser_of_staff, task), "#task-elapsed dt")) == "Running for"


def test_a_step_shows_its_state_and_its_count(browser_of_staff: Client, staff: User) -> None:
    step = one(shown(browser_of_staff, builds.scraping(staff, 1, 4)), "[data-step=scrape]")
    assert text(one(step, "[data-step-state]")) == "Running"
    assert text(one(step, "[data-step-count]")) == "1 of 4"


def test_the_watcher_goes_on_after_the_last_event_that_is_drawn(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.scraping(staff)
    article = one(shown(browser_of_staff, task), "[data-watch]")
    assert article["data-watch"] == f"/tasks/{task.pk}"
    assert article["data-last-seq"] == str(task.last_seq)
    assert article["data-finished"] == "no"


def test_the_log_holds_every_event_but_progress(browser_of_staff: Client, staff: User) -> None:
    drawn = shown(browser_of_staff, builds.scraping(staff))
    assert texts(drawn, ".log [data-seq] .log-text") == [
        "Submitted.",
        "A worker has begun.",
        "Started",
        "Done",
        "Started",
    ]


def test_a_long_log_is_cut_to_its_last_lines_and_says_so(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(display, "LOG_LIMIT", 3)
    task = builds.queued(staff)
    claim = builds.claimed(task, "validate")
    for number in range(5):
        lifecycle.log(claim, f"Line {number}.", "info", {})
    drawn = shown(browser_of_staff, task)
    assert texts(drawn, ".log [data-seq] .log-text") == ["Line 2.", "Line 3.", "Line 4."]
    assert "the last 3 lines" in text(one(drawn, ".log-note"))


def test_a_log_that_was_removed_says_so_and_keeps_its_end(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.failed(staff, message="The disk is full.")
    assert lifecycle.trim(task.pk, timezone.now())
    drawn = shown(browser_of_staff, task)
    assert texts(drawn, ".log [data-seq] .log-text") == ["The disk is full."]
    assert "This log was removed on" in text(one(drawn, ".log-note"))


def test_a_failed_task_says_why_and_offers_both_retries(
    browser_of_staff: Client, staff: User
) -> None:
    drawn = shown(browser_of_staff, builds.failed(staff, message="The disk is full."))
    assert "Failed in validate The disk is full." in text(one(drawn, ".outcome"))
    assert texts(drawn, "#task-actions button") == ["Start over", "Retry from validate"]


def test_a_finished_task_leads_to_its_agent(browser_of_staff: Client, staff: User) -> None:
    task = builds.finished(staff)
    drawn = shown(browser_of_staff, task)
    assert one(drawn, ".outcome h2 a")["href"] == f"/dashboard/agents/{task.agent_id}/"
    assert texts(drawn, "#task-actions button") == []
    assert one(drawn, "[data-watch]")["data-finished"] == "yes"


def test_what_a_task_is_given_is_shown_as_text(browser_of_staff: Client, staff: User) -> None:
    task = builds.queued(staff, name="<script>alert(1)</script>")
    assert text(one(shown(browser_of_staff, task), "h1")) == "<script>alert(1)</script>"


def test_parameters_are_listed_value_by_value(browser_of_staff: Client, staff: User) -> None:
    drawn = shown(browser_of_staff, builds.queued(staff, url="https://docs.example.com/a"))
    assert "https://docs.example.com/a" in texts(drawn, "dd.mono")


def test_the_page_tells_who_cancelled_and_retried_the_task(
    browser_of_staff: Client, staff: User, user: User
) -> None:
    task = builds.queued(user)
    untouched = one(shown(browser_of_staff, task), "#task-acts")
    assert text(untouched) == "Nobody has cancelled or retried it."
    browser_of_staff.post(f"/dashboard/tasks/{task.pk}/cancel")
    lifecycle.retry(task.pk, by=user)
    drawn = shown(browser_of_staff, task)
    said = texts(drawn, "#task-acts li")
    assert [line.partition(" · ")[0] for line in said] == [
        "Retried by user Command line",
        "Cancelled by staff Dashboard",
    ]
    trail = page(browser_of_staff.get(str(one(drawn, "[aria-labelledby=acts-title] a")["href"])))
    assert len(trail.select("#result_list tbody tr")) == 2
    parts = browser_of_staff.get(f"/dashboard/tasks/{task.pk}/parts")
    assert "Cancelled" in text(one(page(parts), "#task-acts"))
