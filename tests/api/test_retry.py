"""`POST /tasks/{id}/retry`."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


def retry(client: APIClient, task: Any, **body: Any) -> Any:
    return client.post(f"/tasks/{task.pk}/retry", body, format="json")


def step_states(task: dict[str, Any]) -> list[str]:
    return [step["state"] for step in task["steps"]][:2]


@pytest.mark.parametrize("body", [{}, {"from": "failed"}])
def test_a_retry_goes_on_at_the_first_unfinished_step(
    api_client: APIClient, user: User, body: dict[str, str]
) -> None:
    response = retry(api_client, builds.cancelled(user), **body)
    assert response.status_code == 202
    task = response.json()
    assert (task["state"], task["run"], task["percent"]) == ("QUEUED", 2, 5)
    assert step_states(task) == ["SUCCESS", "PENDING"]
    assert task["cancel_requested"] is False
    assert task["finished_at"] is task["started_at"] is None


def test_a_retry_may_begin_from_the_start(api_client: APIClient, user: User) -> None:
    task = retry(api_client, builds.cancelled(user), **{"from": "start"}).json()
    assert (task["state"], task["run"], task["percent"]) == ("QUEUED", 2, 0)
    assert step_states(task) == ["PENDING", "PENDING"]


def test_the_error_of_the_run_before_is_gone(api_client: APIClient, user: User) -> None:
    task = retry(api_client, builds.failed(user)).json()
    assert (task["error_code"], task["error_message"]) == ("", "")
    assert task["steps"][0]["error_message"] == ""


def test_a_retry_needs_no_body(api_client: APIClient, user: User) -> None:
    assert api_client.post(f"/tasks/{builds.failed(user).pk}/retry").status_code == 202


@pytest.mark.parametrize("state", ["queued", "scraping", "finished"])
def test_only_a_failed_or_cancelled_task_can_be_retried(
    api_client: APIClient, user: User, state: str
) -> None:
    task = getattr(builds, state)(user)
    _, code, sentence = error(retry(api_client, task), 409)
    assert code == "illegal_transition"
    assert task.state in sentence


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({"from": "middle"}, "from", "invalid_choice"),
        ({"from": None}, "from", "null"),
        ({"step": "scrape"}, "step", "unknown_field"),
    ],
)
def test_a_bad_body_is_refused_and_nothing_is_retried(
    api_client: APIClient, user: User, body: dict[str, Any], attr: str, code: str
) -> None:
    task = builds.failed(user)
    assert error(retry(api_client, task, **body), 400)[:2] == (attr, code)
    assert api_client.get(f"/tasks/{task.pk}").json()["state"] == "FAILED"


def test_a_second_retry_is_too_late(api_client: APIClient, user: User) -> None:
    task = builds.failed(user)
    assert retry(api_client, task).status_code == 202
    assert error(retry(api_client, task), 409)[1] == "illegal_transition"
