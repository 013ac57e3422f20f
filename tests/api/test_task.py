"""`GET /tasks/{id}` and `GET /tasks/{id}/result`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from tasks import lifecycle, pulse
from tasks.models import TaskState
from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db

FIELDS = {
    "task_id",
    "workflow",
    "state",
    "percent",
    "current_step",
    "details",
    "waiting_for",
    "agent_id",
    "error_message",
    "result",
    "run",
    "cancel_requested",
    "eta_seconds",
    "created_at",
    "started_at",
    "finished_at",
    "steps",
}
STEP_FIELDS = {
    "name",
    "weight",
    "state",
    "done",
    "total",
    "attempts",
    "started_at",
    "finished_at",
    "error_message",
}


def test_a_task_has_every_field_of_the_contract(api_client: APIClient, user: User) -> None:
    task = api_client.get(f"/tasks/{builds.queued(user).pk}").json()
    assert task.keys() >= FIELDS
    assert [step.keys() for step in task["steps"]] == [STEP_FIELDS] * 7


def test_a_task_says_why_it_waits_only_while_it_does(api_client: APIClient, user: User) -> None:
    pulse.record(pulse.SWEEP)
    first, second = builds.queued(user), builds.queued(user)
    assert api_client.get(f"/tasks/{second.pk}").json()["waiting_for"] == "Behind 1 task."
    lifecycle.cancel(first.pk, by=user)
    assert api_client.get(f"/tasks/{second.pk}").json()["waiting_for"] == "Next in line."
    assert api_client.get(f"/tasks/{first.pk}").json()["waiting_for"] is None


def test_a_running_task_shows_where_it_is(api_client: APIClient, user: User) -> None:
    task = api_client.get(f"/tasks/{builds.scraping(user, done=1, total=4).pk}").json()
    assert (task["state"], task["current_step"]) == ("RUNNING", "scrape")
    assert task["percent"] == 5 + 35 / 4
    assert task["details"] == "1 of 4 pages fetched"
    assert task["agent_id"] is None
    validate, scrape, extract, *_ = task["steps"]
    assert (validate["state"], scrape["state"], extract["state"]) == (
        "SUCCESS",
        "RUNNING",
        "PENDING",
    )
    assert (scrape["done"], scrape["total"], scrape["attempts"]) == (1, 4, 1)


def test_the_remaining_time_is_estimated_from_what_was_done(
    api_client: APIClient, user: User
) -> None:
    task = builds.scraping(user, done=20, total=35)
    begun = timezone.now() - timedelta(seconds=25)
    TaskState.objects.filter(pk=task.pk).update(started_at=begun)
    assert task.percent == 25
    assert api_client.get(f"/tasks/{task.pk}").json()["eta_seconds"] == pytest.approx(75, abs=10)


def test_a_finished_task_names_its_agent(api_client: APIClient, user: User) -> None:
    done = builds.finished(user)
    task = api_client.get(f"/tasks/{done.pk}").json()
    assert (task["state"], task["percent"]) == ("SUCCESS", 100)
    assert task["agent_id"] == task["result"]["agent_id"] == str(done.agent_id)
    assert task["finished_at"]
    assert task["eta_seconds"] is None


def test_a_failed_task_says_why(api_client: APIClient, user: User) -> None:
    task = api_client.get(f"/tasks/{builds.failed(user, 'The site is gone.').pk}").json()
    assert (task["state"], task["error_code"]) == ("FAILED", "no_pages")
    assert task["error_message"] == "The site is gone."
    assert task["steps"][0]["error_message"] == "The site is gone."


def test_parameters_are_not_returned(api_client: APIClient, user: User) -> None:
    task = builds.queued(user)
    TaskState.objects.filter(pk=task.pk).update(callback_url="https://me:secret@example.com/")
    response = api_client.get(f"/tasks/{task.pk}")
    assert b"secret" not in response.content
    assert "params" not in response.json()


def test_the_result_stands_alone(api_client: APIClient, user: User) -> None:
    done = builds.finished(user)
    response = api_client.get(f"/tasks/{done.pk}/result")
    assert response.status_code == 200
    assert response.json() == done.result


@pytest.mark.parametrize("state", ["queued", "scraping", "failed", "cancelled"])
def test_there_is_no_result_before_success(api_client: APIClient, user: User, state: str) -> None:
    task = getattr(builds, state)(user)
    _, code, sentence = error(api_client.get(f"/tasks/{task.pk}/result"), 409)
    assert code == "no_result"
    assert task.state in sentence
