"""The page of webhook deliveries."""

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
from tests.people import staff_of
from tests.tasks.engine import submitted
from tests.workflows import declared  # noqa: F401  (registers the workflows)

ADDRESS = "/dashboard/webhooks/"


def delivery(owner: User, status: int, error: str) -> WebhookDelivery:
    """A delivery that its receiver has answered once."""
    task = submitted(owner, callback_url="https://me:hunter2@example.com/hook")
    lifecycle.cancel(task.pk, by=owner)
    (attempt,) = outbox.claim_due()
    outbox.settle(attempt, Outcome(timezone.now(), status, error, 12))
    return WebhookDelivery.objects.get(task=task)


@pytest.fixture
def refused(user: User) -> WebhookDelivery:
    """A delivery that its receiver refused for good."""
    return delivery(user, 410, "The receiver answered 410 Gone.")


def test_a_delivery_says_what_came_of_each_attempt(
    browser_of_staff: Client, refused: WebhookDelivery
) -> None:
    shown = page(browser_of_staff.get(ADDRESS))
    row = one(shown, f"#delivery-{refused.pk}")
    assert text(one(row, ".badge")) == "Given up"
    assert text(one(row, "summary")) == "1 · HTTP 410"
    assert "The receiver answered 410 Gone." in text(one(row, ".attempts li"))
    assert "https://***@example.com/hook" in text(row)
    assert "hunter2" not in str(shown)


def test_deliveries_are_filtered_by_state_and_task(
    browser_of_staff: Client, user: User, refused: WebhookDelivery
) -> None:
    waiting = delivery(user, 503, "The receiver answered 503.")
    shown = page(browser_of_staff.get(ADDRESS))
    assert texts(shown, ".link-tabs a") == ["All", "Pending 1", "Delivered 0", "Given up 1"]
    assert len(shown.select("tbody tr")) == 2
    for query, found in [("state=GIVEN_UP", refused), (f"task={waiting.task_id}", waiting)]:
        rows = page(browser_of_staff.get(f"{ADDRESS}?{query}")).select("tbody tr")
        assert [row["id"] for row in rows] == [f"delivery-{found.pk}"]


@pytest.mark.parametrize("task", ["nonsense", "00000000-0000-0000-0000-000000000007"])
def test_the_deliveries_of_a_task_that_is_not_there_are_not_found(
    browser_of_staff: Client, task: str
) -> None:
    assert browser_of_staff.get(f"{ADDRESS}?task={task}").status_code == 404


def test_without_deliveries_the_page_says_how_to_get_some(browser_of_staff: Client) -> None:
    assert "callback_url" in text(one(page(browser_of_staff.get(ADDRESS)), ".empty"))


def test_a_replay_is_due_at_once(browser_of_staff: Client, refused: WebhookDelivery) -> None:
    response = browser_of_staff.post(f"{ADDRESS}{refused.pk}/replay", follow=True)
    assert "is made again" in text(one(page(response), ".messages"))
    refused.refresh_from_db()
    assert refused.state == DeliveryState.PENDING
    assert refused.next_attempt_at is not None
    assert refused.next_attempt_at <= timezone.now()


def test_who_is_not_staff_sees_and_replays_nothing(
    client: Client, user: User, refused: WebhookDelivery
) -> None:
    client.force_login(user)
    for response in (client.get(ADDRESS), client.post(f"{ADDRESS}{refused.pk}/replay")):
        assert response.headers["Location"].startswith("/login/")
    refused.refresh_from_db()
    assert refused.state == DeliveryState.GIVEN_UP


def test_a_link_replays_nothing(browser_of_staff: Client, refused: WebhookDelivery) -> None:
    assert browser_of_staff.get(f"{ADDRESS}{refused.pk}/replay").status_code == 405


def test_staff_without_the_right_see_deliveries_and_replay_none(
    client: Client, refused: WebhookDelivery
) -> None:
    client.force_login(staff_of("Viewers"))
    button = one(page(client.get(ADDRESS)), "tbody form button")
    assert button.has_attr("disabled")
    assert "tasks.replay_webhookdelivery" in str(button["title"])
    assert client.post(f"{ADDRESS}{refused.pk}/replay").status_code == 403
    refused.refresh_from_db()
    assert refused.state == DeliveryState.GIVEN_UP
