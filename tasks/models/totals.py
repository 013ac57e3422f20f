"""What the engine counts since the beginning, and its signs of life."""

from __future__ import annotations

from django.db import models

from tasks.states import Measure


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


class HourTotal(models.Model):
    """How many runs ended in an hour. Only `tasks.counters` writes it; add up the shards."""

    hour = models.DateTimeField(help_text="When it began.")
    workflow = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    shard = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()
    seconds = models.FloatField(help_text="The sum of their times since they were queued.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "workflow", "state", "shard"], name="hour_total_shard"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.workflow} {self.state} from {self.hour:%F %H:%M}"


class Pulse(models.Model):
    """When something that must happen every few seconds happened last. See `tasks.pulse`."""

    name = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%F %T}"
