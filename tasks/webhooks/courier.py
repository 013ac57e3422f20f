"""Delivers the webhooks that are due: each time a task ends, and every few seconds besides."""

from __future__ import annotations

import asyncio

from celery import shared_task
from django.conf import settings

from tasks.outbound.guard import AddressGuard
from tasks.webhooks import outbox
from tasks.webhooks.sending import send_all


@shared_task(name="engine.deliver_webhooks", ignore_result=True, acks_late=False)
def deliver() -> int:
    """Attempt one batch of what is due: how many. A courier that dies is followed by another."""
    return deliver_batch()


def deliver_batch() -> int:
    """The same, in the calling process."""
    attempts = outbox.claim_due()
    if not attempts:
        return 0
    guard = AddressGuard(settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE)
    outcomes = asyncio.run(send_all(attempts, guard, settings.AGENTFORGE_WEBHOOK_SECRET))
    for attempt, outcome in zip(attempts, outcomes, strict=True):
        outbox.settle(attempt, outcome)
    # What has become due meanwhile found this courier under way, and was left to it.
    outbox.wake_courier()
    return len(attempts)
