"""What is to be told to callback URLs, and each try at it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from tasks.models.task import TaskState
from tasks.states import DeliveryState, State


class WebhookDelivery(models.Model):
    """One end of a task that its callback URL is to be told of, exactly as `body` says it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(TaskState, on_delete=models.CASCADE, related_name="webhook_deliveries")
    run = models.PositiveIntegerField()
    task_state = models.CharField(max_length=10, choices=State)
    body = models.TextField(help_text="The task as it was when it ended; what is signed.")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempt_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(
        default=timezone.now, help_text="When it was made or last replayed; a day later it ends."
    )
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    claimed_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        permissions = [("replay_webhookdelivery", "Can replay webhook deliveries of others")]
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="delivery_state_newest"),
            models.Index(fields=["task_state", "-created_at", "-id"], name="delivery_end_newest"),
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_next_attempt",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_state} of {self.task_id}"

    @property
    def owner_id(self) -> int:
        """The owner of its task."""
        return self.task.owner_id


class WebhookAttempt(models.Model):
    """One request of a delivery, and what came of it: an HTTP status, or a sentence."""

    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        verbose_name = "attempt"
        ordering = ["delivery_id", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="attempt_number_per_delivery"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.number} of {self.delivery_id}"
