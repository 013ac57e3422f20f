"""The deliveries that are to be made: put in, claimed, settled, and put back by a replay."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone

from tasks import audit, dispatch, permissions
from tasks.acts import Act
from tasks.api.payloads import task_payload
from tasks.models import TaskState, WebhookDelivery
from tasks.states import DeliveryState
from tasks.webhooks.attempts import Attempt, Outcome

BATCH = 50
CLAIM = timedelta(seconds=30)
"""After this, a courier that has not settled its batch counts as dead."""

FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(days=1)


def put(task: TaskState, now: datetime) -> None:
    """Note that the task's callback URL is to be told what the task is now."""
    WebhookDelivery.objects.create(
        task=task,
        run=task.run,
        task_state=task.state,
        body=json.dumps(task_payload(task)),
        created_at=now,
        queued_at=now,
        next_attempt_at=now,
    )
    transaction.on_commit(wake_courier)


def replay(delivery: WebhookDelivery, by: Any) -> WebhookDelivery:
    """Deliver once more, from now on, whatever has come of it before.

    Args:
        by: the user, or the name of a program of ours.

    Raises:
        NotAllowed: its task is somebody else's, and `by` has not the permission.
    """
    now = timezone.now()
    with transaction.atomic():
        again = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
        permissions.require(by, Act.REPLAY, again)
        again.state = DeliveryState.PENDING
        again.queued_at = again.next_attempt_at = now
        again.finished_at = None
        again.save()
        audit.record(by, Act.REPLAY, again, run=again.run, task_state=again.task_state)
        transaction.on_commit(wake_courier)
    return again


def wake_courier() -> None:
    """Let a worker look for what is due now, instead of at the next tick."""
    courier = current_app.signature("engine.deliver_webhooks")
    dispatch.soon(
        "The message to the courier", courier.set(queue="maintenance", expires=5).apply_async
    )


def claim_due() -> list[Attempt]:
    """What is to be sent now, claimed for this courier. Nothing while another one is under way.

    So receivers that hang hold up one worker process at the most, and never all of them.
    """
    now = timezone.now()
    due = WebhookDelivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__lte=now)
    if due.filter(claimed_until__gt=now).exists():
        return []
    chosen = due.select_related("task").order_by("next_attempt_at")[:BATCH]
    return [attempt for delivery in chosen if (attempt := _claim(delivery, now))]


def _claim(delivery: WebhookDelivery, now: datetime) -> Attempt | None:
    """The next attempt; None when another courier was faster."""
    number = delivery.attempt_count + 1
    unclaimed = WebhookDelivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.PENDING, attempt_count=delivery.attempt_count
    )
    if not unclaimed.update(attempt_count=number, claimed_until=now + CLAIM):
        return None
    return Attempt(delivery.pk, number, delivery.task.callback_url, delivery.body)


def settle(attempt: Attempt, outcome: Outcome) -> None:
    """Log the attempt, and decide what becomes of its delivery."""
    with transaction.atomic():
        deliveries = WebhookDelivery.objects.select_for_update()
        delivery = deliveries.filter(pk=attempt.delivery_id).first()
        if delivery is None:
            # It was removed with its task while the request was under way.
            return
        delivery.attempts.create(
            number=attempt.number,
            at=outcome.at,
            status=outcome.status,
            error=outcome.error,
            duration_ms=outcome.duration_ms,
        )
        if delivery.attempt_count == attempt.number:
            _decide(delivery, outcome, timezone.now())
            delivery.save()


def _decide(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    delivery.claimed_until = None
    next_attempt_at = now + max(
        _backoff(now - delivery.queued_at),
        timedelta(seconds=min(outcome.retry_after, LONGEST_BACKOFF.total_seconds())),
    )
    if outcome.is_success:
        _finish(delivery, DeliveryState.DELIVERED, now)
    elif (
        # By Standard Webhooks, 410 says that nothing more is wanted.
        outcome.status == HTTPStatus.GONE or next_attempt_at > delivery.queued_at + GIVE_UP_AFTER
    ):
        _finish(delivery, DeliveryState.GIVEN_UP, now)
    else:
        delivery.next_attempt_at = next_attempt_at


def _finish(delivery: WebhookDelivery, state: DeliveryState, now: datetime) -> None:
    delivery.state = state
    delivery.finished_at = now
    delivery.next_attempt_at = None


def _backoff(failing_for: timedelta) -> timedelta:
    """About as long as it has been failing, which doubles with each attempt, with jitter."""
    ceiling = min(max(failing_for, FIRST_BACKOFF), LONGEST_BACKOFF)
    return ceiling * random.uniform(0.5, 1)  # noqa: S311
