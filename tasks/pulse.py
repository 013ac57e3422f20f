"""Signs of life of what must happen every few seconds: beat's tick, and the sweep it sets off.

They are rows of the database, so every web process sees the same, and a broker that lost its
memory does not look like a scheduler that died.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from celery.signals import beat_init, before_task_publish
from django.db import connection
from django.utils import timezone

from tasks.models import Pulse, StepBatch, TaskState

BEAT = "beat"
"""Beat has asked for a sweep."""
SWEEP = "sweep"
"""A worker has finished one."""

LATE = timedelta(seconds=30)
"""The sweep is due every five seconds; several of them in a row did not happen."""

SWEEP_TASK = "engine.sweep"


def workers_consume() -> bool:
    """Whether a worker has swept lately, or all of them are in the middle of a step."""
    swept_at = last().get(SWEEP)
    if swept_at and timezone.now() - swept_at <= LATE:
        return True
    return workers_are_busy()


def workers_are_busy() -> bool:
    """Whether somebody is in the middle of a step or of a batch, behind which a sweep may wait."""
    return TaskState.objects.held().exists() or StepBatch.objects.held().exists()


def record(name: str) -> None:
    """Note that it has happened just now."""
    Pulse.objects.bulk_create(
        [Pulse(name=name, at=timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last() -> dict[str, datetime]:
    """When each of them happened last; without those that never have."""
    return dict(Pulse.objects.values_list("name", "at"))


@beat_init.connect
def note_start(**_: Any) -> None:
    """Beat's first tick, so that a new installation is ready before the first sweep is due."""
    _record_tick()


@before_task_publish.connect(sender=SWEEP_TASK)
def note_tick(headers: dict[str, Any], **_: Any) -> None:
    """A tick of beat, whether the broker takes its message or not."""
    if headers.get("celery_beat_task"):
        _record_tick()


def _record_tick() -> None:
    try:
        record(BEAT)
    finally:
        # Beat needs the database for nothing else, and nobody else would close the connection.
        connection.close()
