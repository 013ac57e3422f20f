"""`DELETE /tasks/{id}`."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks.errors import Superseded
from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


def test_a_waiting_task_ends_at_once(api_client: APIClient, user: User) -> None:
    response = api_client.delete(f"/tasks/{builds.queued(user).pk}")
    assert response.status_code == 202
    task = response.json()
    assert (task["state"], task["cancel_requested"]) == ("CANCELLED", True)
    assert task["finished_at"]


def test_a_running_task_is_asked_to_stop(api_client: APIClient, user: User) -> None:
    running = builds.scraping(user)
    response = api_client.delete(f"/tasks/{running.pk}")
    assert response.status_code == 202
    assert (response.json()["state"], response.json()["cancel_requested"]) == ("RUNNING", True)


def test_asking_again_changes_nothing(api_client: APIClient, user: User) -> None:
    running = builds.scraping(user)
    first = api_client.delete(f"/tasks/{running.pk}").json()
    again = api_client.delete(f"/tasks/{running.pk}")
    assert again.status_code == 202
    assert again.json()["last_seq"] == first["last_seq"]


@pytest.mark.parametrize("state", ["finished", "failed", "cancelled"])
def test_a_finished_task_cannot_be_cancelled(api_client: APIClient, user: User, state: str) -> None:
    task = getattr(builds, state)(user)
    _, code, sentence = error(api_client.delete(f"/tasks/{task.pk}"), 409)
    assert code == "illegal_transition"
    assert task.state in sentence


def test_the_history_names_who_cancelled(staff_client: APIClient, staff: User, user: User) -> None:
    task = builds.queued(user)
    staff_client.delete(f"/tasks/{task.pk}")
    messages = [event.message for event in task.events.all()]
    assert f"{staff} asked for this task to be cancelled." in messages


def test_a_cancelled_task_never_starts(api_client: APIClient, user: User) -> None:
    task = builds.queued(user)
    api_client.delete(f"/tasks/{task.pk}")
    with pytest.raises(Superseded):
        builds.claimed(task, "validate")
