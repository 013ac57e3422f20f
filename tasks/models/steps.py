"""The steps of a task, and the batches of a step that fans out."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from tasks.models.task import TaskState
from tasks.states import BatchState, StepState


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
