"""`callback_url`, `GET /tasks/{id}/webhooks` and its replay."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from tasks import lifecycle
from tasks.models import TaskState, WebhookDelivery
from tasks.webhooks import outbox
from tasks.webhooks.attempts import Outcome
from tests.api.answers import error, results
from tests.tasks.engine import submitted
from tests.workflows import declared  # noqa: F401  (registers the workflows)

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(user: User) -> TaskState:
    """A task that was cancelled, whose receiver answered 503 once."""
    task = submitted(user, callback_url="https://example.com/hook")
    lifecycle.cancel(task.pk, by=user)
    (attempt,) = outbox.claim_due()
    outbox.settle(attempt, Outcome(timezone.now(), 503, "The receiver answered 503.", 12))
    return task


def test_the_log_shows_each_delivery_with_its_attempts(
    api_client: APIClient, task: TaskState
) -> None:
    (delivery,) = results(api_client.get(f"/tasks/{task.pk}/webhooks"))
    assert delivery["delivery_id"] == str(WebhookDelivery.objects.get().pk)
    assert (delivery["run"], delivery["task_state"]) == (1, "CANCELLED")
    assert (delivery["state"], delivery["finished_at"]) == ("PENDING", None)
    assert delivery["next_attempt_at"] > delivery["created_at"]
    (attempt,) = delivery["attempts"]
    assert attempt.pop("at")
    assert attempt == {
        "number": 1,
        "status": 503,
        "error": "The receiver answered 503.",
        "duration_ms": 12,
    }


def test_a_task_without_a_callback_url_has_an_empty_log(api_client: APIClient, user: User) -> None:
    task = submitted(user)
    lifecycle.cancel(task.pk, by=user)
    assert results(api_client.get(f"/tasks/{task.pk}/webhooks")) == []


def test_a_replay_is_due_at_once(api_client: APIClient, task: TaskState) -> None:
    delivery = WebhookDelivery.objects.get()
    response = api_client.post(f"/tasks/{task.pk}/webhooks/{delivery.pk}/replay")
    assert response.status_code == 202
    assert response.json()["state"] == "PENDING"
    delivery.refresh_from_db()
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at <= timezone.now()


def test_a_delivery_of_another_task_is_not_found(
    api_client: APIClient, task: TaskState, user: User
) -> None:
    other, theirs = submitted(user), WebhookDelivery.objects.get().pk
    for delivery in (theirs, uuid4()):
        response = api_client.post(f"/tasks/{other.pk}/webhooks/{delivery}/replay")
        assert error(response, 404)[1] == "not_found"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/hook", "private_address"),
        ("http://localhost:8000/hook", "private_address"),
        ("http://[::1]/hook", "private_address"),
        ("http://169.254.169.254/latest/meta-data", "private_address"),
        ("http://2130706433/hook", "invalid"),
        ("https://me:secret@example.com/hook", "credentials"),
        ("https://me@example.com/hook", "credentials"),
        ("nonsense", "invalid"),
    ],
)
@pytest.mark.usefixtures("nothing_private")
def test_a_callback_url_that_may_not_be_called_is_refused(
    api_client: APIClient, url: str, code: str
) -> None:
    body = {"workflow": "test-seven", "params": {}, "callback_url": url}
    response = api_client.post("/tasks", body, format="json")
    assert error(response, 400)[:2] == ("callback_url", code)
    assert "secret" not in response.content.decode()
    assert not TaskState.objects.exists()


def test_a_private_host_that_an_administrator_allows_may_be_called(
    api_client: APIClient, settings: Any
) -> None:
    settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE = ["127.0.0.0/8"]
    body = {"workflow": "test-seven", "params": {}, "callback_url": "http://127.0.0.1:61009/hook"}
    assert api_client.post("/tasks", body, format="json").status_code == 202
