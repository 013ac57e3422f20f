"""What the engine keeps: tasks, their steps, their history, and the tokens of its API."""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from tasks.states import (
    ACTIVE,
    FINISHED,
    BatchState,
    DeliveryState,
    EventType,
    Measure,
    Priority,
    State,
    StepState,
)


class TaskQuerySet(models.QuerySet["TaskState"]):
    """State queries as verbs."""

    def queued(self) -> TaskQuerySet:
        return self.filter(state=State.QUEUED)

    def running(self) -> TaskQuerySet:
        return self.filter(state=State.RUNNING)

    def unfinished(self) -> TaskQuerySet:
        """The same as `active`, in the words of the index that has nothing else in it."""
        return self.filter(finished_at__isnull=True)

    def active(self) -> TaskQuerySet:
        return self.filter(state__in=ACTIVE)

    def finished(self) -> TaskQuerySet:
        return self.filter(state__in=FINISHED)

    def dead_letters(self) -> TaskQuerySet:
        # Every one of them has finished; that it is said makes their index usable.
        return self.filter(state=State.FAILED, finished_at__isnull=False)

    def held(self) -> TaskQuerySet:
        """Those that a worker renews the lease of."""
        return self.filter(lease_expires_at__gt=timezone.now())

    def matching(self, text: str) -> TaskQuerySet:
        """What a free text finds (see `tasks.search`). No text finds all.

        Asks the database how common the text is, to say what to find in the cheaper way.
        """
        from tasks import search

        folded = search.fold(text)
        if not folded:
            return self
        hits = search.rare_hits(folded)
        if hits is None:
            return self.filter(text__text__contains=folded)
        with contextlib.suppress(ValueError):
            hits.append(uuid.UUID(text))
        return self.filter(pk__in=hits)

    def visible_to(self, user: Any) -> TaskQuerySet:
        """Staff see every task, others their own."""
        return self if user.is_staff else self.filter(owner=user)


class TaskState(models.Model):
    """One run of a workflow for one owner. Only `tasks.lifecycle` writes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workflow = models.CharField(max_length=64)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tasks", db_index=False
    )
    params = models.JSONField(default=dict)
    subject = models.CharField(
        max_length=200, blank=True, help_text="What it is about, in a few words."
    )
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.NORMAL)
    callback_url = models.CharField(max_length=2048, blank=True)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    percent = models.FloatField(default=0)
    current_step = models.CharField(max_length=64, blank=True)
    details = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True, blank=True)
    agent_id = models.UUIDField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)

    run = models.PositiveIntegerField(default=1)
    last_seq = models.PositiveBigIntegerField(default=0)
    lease_holder = models.CharField(max_length=128, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    dispatches = models.PositiveIntegerField(default=0)
    next_dispatch_at = models.DateTimeField(null=True, blank=True)

    undo_pending = models.BooleanField(
        default=False, help_text="A step has begun whose effects outside a cancel undoes."
    )
    undo_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its clean-up after a cancel is to be asked for again.",
    )
    undo_attempts = models.PositiveIntegerField(default=0)

    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    trimmed_at = models.DateTimeField(
        null=True, blank=True, help_text="When its history was cut down to the final event."
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = "task"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"], name="task_idempotency_key_per_owner"
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.SUCCESS, percent=100)
                | (~models.Q(state=State.SUCCESS) & models.Q(percent__lt=100)),
                name="task_percent_is_100_only_on_success",
            ),
        ]
        indexes = [
            # The lists, whatever they are filtered by: in order, so that a page reads its own rows.
            models.Index(fields=["-created_at", "-id"], name="task_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="task_state_newest"),
            models.Index(fields=["owner", "-created_at", "-id"], name="task_owner_newest"),
            models.Index(fields=["workflow", "-created_at", "-id"], name="task_workflow_newest"),
            models.Index(fields=["owner", "state", "-created_at", "-id"], name="task_owner_state"),
            models.Index(
                fields=["workflow", "state", "-created_at", "-id"], name="task_workflow_state"
            ),
            models.Index(
                fields=["-finished_at", "-id"],
                name="task_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["owner", "-finished_at", "-id"],
                name="task_owner_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["workflow", "-finished_at", "-id"],
                name="task_workflow_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["agent_id"],
                name="task_agent",
                condition=models.Q(agent_id__isnull=False),
            ),
            models.Index(
                fields=["next_dispatch_at"],
                name="task_next_dispatch",
                condition=models.Q(next_dispatch_at__isnull=False),
            ),
            models.Index(
                fields=["undo_due_at"],
                name="task_undo_due",
                condition=models.Q(undo_due_at__isnull=False),
            ),
            models.Index(
                fields=["lease_expires_at"],
                name="task_lease_expiry",
                condition=models.Q(lease_expires_at__isnull=False),
            ),
            models.Index(
                fields=["state", "-finished_at", "-id"],
                name="task_state_last_ended",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["finished_at"],
                name="task_untrimmed",
                condition=models.Q(finished_at__isnull=False, trimmed_at__isnull=True),
            ),
            models.Index(
                fields=["state", "workflow", "current_step", "error_code", "finished_at", "owner"],
                name="task_dead_letters",
                condition=models.Q(finished_at__isnull=False),
            ),
            # Only what is not finished: counting it costs the same however long the history is.
            models.Index(
                fields=["state", "workflow", "queued_at"],
                name="task_unfinished",
                condition=models.Q(finished_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def cancel_requested(self) -> bool:
        return self.cancel_requested_at is not None


class TaskText(models.Model):
    """What a free text is looked for in, folded. Only `tasks.lifecycle` writes it."""

    task = models.OneToOneField(TaskState, on_delete=models.CASCADE, related_name="text")
    text = models.TextField()

    def __str__(self) -> str:
        return f"text of {self.task_id}"


class DeadLetter(TaskState):
    """A task that failed after every retry it was allowed: a page of its own in the admin."""

    class Meta:
        proxy = True
        verbose_name = "dead letter"
        ordering = ["-finished_at"]


class StepRun(models.Model):
    """One step of one task: its progress, attempts and output. Only `tasks.lifecycle` writes it."""

    task = models.ForeignKey(
        TaskState, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=64)
    weight = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=StepState, default=StepState.PENDING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    output = models.JSONField(null=True, blank=True)
    celery_task_id = models.CharField(max_length=255, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(
        null=True, blank=True, help_text="When a fan-out step was cut into batches."
    )
    unsent = models.PositiveIntegerField(
        default=0, help_text="Batches that no message has been sent for yet."
    )
    progress_told_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    attempt_started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        # By the id alone: `task` would mean the order of tasks, and join them to every step.
        ordering = ["task_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="step_position_per_task"),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                name="step_fanned_out",
                condition=models.Q(planned_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.task_id}"


class BatchQuerySet(models.QuerySet["StepBatch"]):
    """State queries as verbs."""

    def unfinished(self) -> BatchQuerySet:
        return self.exclude(state=BatchState.DONE)

    def waiting(self) -> BatchQuerySet:
        """Those that nobody executes, and somebody must."""
        return self.filter(state__in=(BatchState.PENDING, BatchState.RETRYING))

    def running(self) -> BatchQuerySet:
        return self.filter(state=BatchState.RUNNING)

    def held(self) -> BatchQuerySet:
        """Those that a worker renews the lease of."""
        return self.filter(lease_expires_at__gt=timezone.now())


class StepBatch(models.Model):
    """One batch of a fan-out step, until the step succeeds. Only `tasks.lifecycle` writes it.

    It is read and written under the lock of its task's row, so no lock of its own is ever waited
    for.
    """

    step = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField(help_text="Its place among the step's batches, from 1.")
    items = models.JSONField(default=list)
    size = models.PositiveIntegerField(help_text="How many items it has.")
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.PENDING)
    lease_holder = models.CharField(max_length=128, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    celery_task_id = models.CharField(max_length=255, blank=True)
    attempt_started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_message = models.TextField(blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "batch"
        verbose_name_plural = "batches"
        ordering = ["step_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="batch_number_per_step"),
        ]
        indexes = [
            models.Index(fields=["step", "state", "number"], name="batch_step_state"),
            models.Index(
                fields=["lease_expires_at"],
                name="batch_lease_expiry",
                condition=models.Q(lease_expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.number} of step {self.step_id}"


class TaskEvent(models.Model):
    """One row of a task's gapless history: `seq` 1, 2, 3 … Append-only."""

    task = models.ForeignKey(
        TaskState, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=8, choices=EventType)
    state = models.CharField(max_length=10, choices=State)
    percent = models.FloatField()
    step = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["task_id", "seq"]
        # Its index begins with the task, so the foreign key needs none of its own.
        constraints = [models.UniqueConstraint(fields=["task", "seq"], name="event_seq_per_task")]

    def __str__(self) -> str:
        return f"#{self.seq} {self.type} of {self.task_id}"


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
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_next_attempt",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_state} of {self.task_id}"


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


class Counter(models.Model):
    """A part of a total since the beginning. Only `tasks.counters` writes it; add up the shards."""

    measure = models.CharField(max_length=8, choices=Measure)
    workflow = models.CharField(max_length=64)
    step = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, blank=True)
    bound = models.FloatField(help_text="No duration counted here is longer, in seconds.")
    shard = models.PositiveSmallIntegerField()
    count = models.PositiveBigIntegerField()
    seconds = models.FloatField(help_text="The sum of the durations.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "workflow", "step", "state", "bound", "shard"],
                name="counter_shard_per_label",
            ),
        ]

    def __str__(self) -> str:
        labels = filter(None, (self.measure, self.workflow, self.step, self.state))
        return f"{self.count} of {' '.join(labels)}"


class Pulse(models.Model):
    """When something that must happen every few seconds happened last. See `tasks.pulse`."""

    name = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%F %T}"


class ApiToken(models.Model):
    """A bearer token of a user. Only its SHA-256 is kept, so a stolen database opens nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12, help_text="The first characters, to tell tokens apart.")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API token"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or 'token'} ({self.hint}…)"
