"""What a task's page tells of its history: attempts, runs, results, webhooks and commands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from django_celery_results.models import TaskResult

from tasks import lifecycle, pulse, story
from tasks.models import TaskState
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


def shown(browser: Client, task: TaskState) -> BeautifulSoup:
    return page(browser.get(f"/dashboard/tasks/{task.pk}/"))


def tried_three_times(owner: User) -> TaskState:
    """A build whose first step failed, lost its worker, and failed for good."""
    task = builds.queued(owner)
    lifecycle.postpone(builds.claimed(task, "validate"), "It rained.", timedelta(0), 3)
    builds.claimed(task, "validate")
    task.refresh_from_db()
    TaskState.objects.update(lease_expires_at=task.created_at)
    lifecycle.take_back(task.pk, task.lease_holder)
    lifecycle.fail(builds.claimed(task, "validate"), "provider_failed", "It was refused.")
    task.refresh_from_db()
    return task


def test_the_timeline_shows_each_attempt(browser_of_staff: Client, staff: User) -> None:
    track = one(shown(browser_of_staff, tried_three_times(staff)), "#track-0")
    assert [bar["data-tone"] for bar in track.select(".segment-fill")] == [
        "retrying",
        "failed",
        "failed",
    ]
    assert "3 attempts" in text(one(track, ".track-words"))
    said = texts(track, ".attempts li")
    assert "It rained." in said[0]
    assert "Its worker stopped." in said[1]


def test_attempts_stand_one_after_another_within_the_line(staff: User) -> None:
    task = tried_three_times(staff)
    _, tracks = story.of(task, task.steps.all())
    attempts = tracks[0].attempts
    assert [attempt.start for attempt in attempts] == sorted(attempt.start for attempt in attempts)
    assert all(each.start >= 0 and each.start + each.width <= 100.01 for each in attempts)


def test_the_runs_tell_who_retried_and_how_each_ended(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.cancelled(staff)
    lifecycle.retry(task.pk, by=staff)
    lifecycle.fail(builds.claimed(task, "scrape"), "no_pages", "There is no page.")
    found = shown(browser_of_staff, task)
    runs = texts(found, "#task-runs li")
    assert len(runs) == 2
    assert runs[0].startswith("2 Failed")
    assert "staff retried this task from scrape" in runs[0]
    assert "There is no page." in runs[0]
    assert runs[1].startswith("1 Cancelled")
    assert "kept from an earlier run" in text(one(found, "#track-0"))


def test_a_history_that_was_cut_down_still_has_its_last_run(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.failed(staff)
    assert task.finished_at
    lifecycle.trim(task.pk, task.finished_at + timedelta(days=1))
    found = shown(browser_of_staff, task)
    assert texts(found, "#task-runs li")[0].startswith("1 Failed")
    assert len(found.select("#track-0 .segment-fill")) == 1


def test_an_error_is_explained_and_shows_its_traceback(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.queued(staff)
    lifecycle.fail(builds.claimed(task, "validate"), "unexpected_error", "A KeyError.")
    TaskResult.objects.create(
        task_id="celery-validate", status="FAILURE", traceback="Traceback: KeyError", worker="w@1"
    )
    task.refresh_from_db()
    found = shown(browser_of_staff, task)
    assert "nobody foresaw" in text(one(found, ".outcome-explanation"))
    assert text(one(found, ".outcome-traceback pre")) == "Traceback: KeyError"
    assert "FAILURE" in text(one(found, "#celery-0"))
    listed = page(browser_of_staff.get(str(one(found, ".outcome a")["href"])))
    assert len(listed.select(".task-link")) == 1


def test_its_webhooks_are_listed(browser_of_staff: Client, staff: User) -> None:
    task = builds.queued(staff)
    TaskState.objects.update(callback_url="https://example.com/hook")
    lifecycle.cancel(task.pk, by=staff)
    assert "Pending run 1, Cancelled 0 attempts" in text(
        one(shown(browser_of_staff, task), "#task-deliveries")
    )


def test_commands_hold_the_parameters_but_no_secret(browser_of_staff: Client, staff: User) -> None:
    task = builds.queued(staff, name="It's")
    TaskState.objects.update(params=task.params | {"api_key": "hush-hush"})
    task.refresh_from_db()
    commands = " ".join(texts(shown(browser_of_staff, task), ".commands pre"))
    assert "hush-hush" not in commands
    assert "https://docs.example.com/" in commands
    assert "$TOKEN" in commands
    assert "'\"'\"'" in commands  # A quote does not end the argument.


def test_the_log_is_downloaded_whole(
    browser_of_staff: Client, staff: User, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.display.LOG_LIMIT", 1)
    task = builds.failed(user, message="The disk is full.")
    response = browser_of_staff.get(f"/dashboard/tasks/{task.pk}/log")
    lines = b"".join(response).decode().splitlines()
    assert len(lines) == task.events.exclude(type="progress").count()
    assert lines[0].endswith("task info Submitted.")
    assert lines[-1].endswith("The disk is full.")
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_waiting_task_says_why_also_in_what_its_script_takes_over(
    browser_of_staff: Client, staff: User
) -> None:
    pulse.record(pulse.SWEEP)
    builds.queued(staff)
    task = builds.queued(staff)
    for address in (f"/dashboard/tasks/{task.pk}/", f"/dashboard/tasks/{task.pk}/parts"):
        found = page(browser_of_staff.get(address))
        assert text(one(found, "#task-waiting")) == "Behind 1 task."


def test_the_script_takes_over_every_region_of_the_page(
    browser_of_staff: Client, staff: User
) -> None:
    task = builds.failed(staff)
    whole = shown(browser_of_staff, task)
    parts = page(browser_of_staff.get(f"/dashboard/tasks/{task.pk}/parts"))
    regions = [[tag["id"] for tag in found.select("[data-refreshed]")] for found in (whole, parts)]
    assert sorted(regions[0]) == sorted(regions[1])
