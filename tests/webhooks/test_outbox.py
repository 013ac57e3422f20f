"""What is put into the outbox: each end of a task that has a callback URL, together with it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import transaction

from tasks import dispatch, lifecycle
from tasks.api.payloads import task_payload
from tasks.models import TaskState, WebhookDelivery
from tasks.webhooks import outbox
from tests.tasks.engine import STEPS, claimed, finished, reloaded, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def told() -> list[tuple[str, int]]:
    """The ends that are to be told, in order."""
    deliveries = WebhookDelivery.objects.order_by("created_at")
    return [(delivery.task_state, delivery.run) for delivery in deliveries]


def couriers_called() -> int:
    """How many messages call for a courier; they are taken."""
    dispatch.flush()
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return channel.queue_purge("maintenance") or 0


def test_an_end_calls_a_courier_once_it_is_committed(
    task: TaskState, owner: User, django_capture_on_commit_callbacks: Any
) -> None:
    couriers_called()
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.cancel(task.pk, by=owner)
        assert couriers_called() == 0
    assert couriers_called() == 1


def test_so_does_a_replay(
    task: TaskState, owner: User, django_capture_on_commit_callbacks: Any
) -> None:
    lifecycle.cancel(task.pk, by=owner)
    couriers_called()
    with django_capture_on_commit_callbacks(execute=True):
        outbox.replay(WebhookDelivery.objects.get(), by=owner)
        assert couriers_called() == 0
    assert couriers_called() == 1


def test_success_is_told_with_the_task_as_the_api_shows_it(task: TaskState) -> None:
    finished(task, *STEPS)
    assert told() == [("SUCCESS", 1)]
    body = json.loads(WebhookDelivery.objects.get().body)
    assert body == task_payload(reloaded(task))
    assert (body["state"], body["percent"]) == ("SUCCESS", 100)


def test_failure_is_told_with_its_reason(task: TaskState) -> None:
    lifecycle.fail(claimed(task), "no_pages", "No page could be fetched.")
    assert told() == [("FAILED", 1)]
    body = json.loads(WebhookDelivery.objects.get().body)
    assert (body["error_code"], body["steps"][0]["state"]) == ("no_pages", "FAILED")


def test_a_cancellation_is_told(task: TaskState, owner: User) -> None:
    lifecycle.cancel(task.pk, by=owner)
    assert told() == [("CANCELLED", 1)]


def test_a_retried_task_that_ends_again_is_told_again(task: TaskState, owner: User) -> None:
    lifecycle.cancel(task.pk, by=owner)
    lifecycle.retry(task.pk, by=owner)
    assert told() == [("CANCELLED", 1)]
    finished(task, *STEPS)
    assert told() == [("CANCELLED", 1), ("SUCCESS", 2)]


def test_what_is_no_end_is_not_told(task: TaskState) -> None:
    finished(task, *STEPS[:-1])
    lifecycle.postpone(claimed(task, STEPS[-1]), "Busy.", timedelta(seconds=60), attempts=3)
    assert told() == []


def test_nobody_is_told_of_a_task_without_a_callback_url(owner: User) -> None:
    finished(submitted(owner), *STEPS)
    assert told() == []


def test_an_end_that_is_rolled_back_is_not_told(task: TaskState, owner: User) -> None:
    with transaction.atomic():
        lifecycle.cancel(task.pk, by=owner)
        transaction.set_rollback(True)
    assert reloaded(task).state == "QUEUED"
    assert told() == []
