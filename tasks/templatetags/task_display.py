"""`tasks.display` for templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from tasks import display
from tasks.masking import mask
from tasks.models import StepRun, TaskEvent, TaskState
from tasks.story import Attempt, Run

register = template.Library()

register.filter("percent", display.percent)
register.filter("masked", mask)


@register.filter
def elapsed(run: TaskState | StepRun | Run | Attempt) -> str:
    """How long a task, one of its runs, a step or an attempt took, or has taken so far."""
    return display.elapsed(run.started_at, run.finished_at)


@register.filter
def line(event: TaskEvent) -> str:
    return display.line(event)


@register.filter
def iso(moment: datetime | None) -> str:
    """The moment for a `datetime` attribute; scripts read it back."""
    return moment.isoformat() if moment else ""


@register.inclusion_tag("tasks/bar.html")
def progress_bar(task: TaskState, steps: list[StepRun]) -> dict[str, Any]:
    """The segmented bar of a task's page."""
    return {"task": task, "segments": display.segments(steps)}


@register.filter
def seconds(value: float | None) -> str:
    """A length of time in seconds, in words; a dash where there is none."""
    return "–" if value is None else display.duration(round(value * 1000))
