"""What Celery does alone: a chain of seven tasks that do nothing, under the project's settings."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from celery import chain, shared_task

LENGTH = 7
LAST = f"bare.step{LENGTH}"
"""The name of a chain's last task."""


def _task(number: int) -> Any:
    @shared_task(name=f"bare.step{number}")
    def nothing(task_id: str, run: int) -> None:
        """The same arguments as a step of the engine, and no work."""

    return nothing


TASKS = [_task(number) for number in range(1, LENGTH + 1)]


def send() -> None:
    """Send one chain."""
    chain(*(task.si(str(uuid4()), 1) for task in TASKS)).apply_async()
