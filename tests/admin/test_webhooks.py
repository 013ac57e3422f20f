"""Webhook deliveries in the admin: to look at, and to replay."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tasks import lifecycle
from tasks.models import WebhookDelivery
from tasks.states import DeliveryState
from tasks.webhooks import outbox
from tasks.webhooks.attempts import Outcome
from tests.dashboard.html import one, page, text, texts
from tests.tasks.engine import submitted
from tests.workflows import declared  # noqa: F401  (registers the workflows)

LIST = "/admin/tasks/webhookdelivery/"


@pytest.fixture
def delivery(user: User) -> WebhookDelivery:
    """A delivery that its receiver refused for good."""
    task = submitted(user, callback_url="https://me:hunter2@example.com/hook")
    lifecycle.cancel(task.pk, by=user)
    (attempt,) = outbox.claim_due()
    outbox.settle(attempt, Outcome(timezone.now(), 410, "The receiver answered 410 Gone.", 12))
    return WebhookDelivery.objects.get()


def replay(browser: Client, delivery: WebhookDelivery) -> list[str]:
    """Carry out the action; the messages that the admin shows then."""
    form = {"action": "replay_selected", "_selected_action": [str(delivery.pk)]}
    return texts(page(browser.post(LIST, form, follow=True)), ".messagelist li")


def test_a_delivery_is_shown_with_its_attempts(
    admin_browser: Client, delivery: WebhookDelivery
) -> None:
    shown = page(admin_browser.get(f"{LIST}{delivery.pk}/change/"))
    assert text(one(shown, "#attempts-group .form-row .field-status")) == "410"
    assert text(one(shown, "#attempts-group .form-row .field-error")).endswith("410 Gone.")
    assert "hunter2" not in str(shown)
    assert shown.select("form textarea") == []


def test_a_task_leads_to_its_deliveries(admin_browser: Client, delivery: WebhookDelivery) -> None:
    task = page(admin_browser.get(f"/admin/tasks/taskstate/{delivery.task_id}/change/"))
    link = one(task, ".field-webhook a")
    assert text(link) == "https://***@example.com/hook"
    listed = page(admin_browser.get(str(link["href"])))
    assert len(listed.select("#result_list tbody tr")) == 1


def test_selected_deliveries_are_replayed(admin_browser: Client, delivery: WebhookDelivery) -> None:
    assert replay(admin_browser, delivery) == ["1 delivery replayed."]
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.PENDING


def test_whoever_may_only_look_cannot_replay(
    onlooker_browser: Client, delivery: WebhookDelivery
) -> None:
    replay(onlooker_browser, delivery)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.GIVEN_UP
