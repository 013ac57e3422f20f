"""The history of a task."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from tasks.models.task import TaskState
from tasks.states import EventType, State


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
