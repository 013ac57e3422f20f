"""How tasks are put into words and proportions for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from tasks.masking import masked
from tasks.models import StepRun, TaskEvent, TaskState
from tasks.states import EventType, StepState

LOG_LIMIT = 500
"""How many of a task's newest log lines a page shows."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def percent(value: float) -> str:
    """One decimal, cut off: 99.99 reads 99.9, because 100 means SUCCESS."""
    tenths = math.floor(round(value * 10, 6))
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def duration(milliseconds: int) -> str:
    """A length of time with as much precision as a person wants: `0.4 s`, `12 s`, `3 min 20 s`.

    Cut off and in whole milliseconds, so that `static/js/format.js` comes to the same words.
    """
    tenths = max(milliseconds, 0) // 100
    if tenths < 100:
        return f"{tenths // 10}.{tenths % 10} s"
    minutes, seconds = divmod(tenths // 10, 60)
    if minutes < 1:
        return f"{seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s"


def elapsed(started: datetime | None, finished: datetime | None) -> str:
    """How long something took, or has taken so far; empty for what has not begun."""
    if started is None:
        return ""
    return duration(_milliseconds(finished or timezone.now()) - _milliseconds(started))


def _milliseconds(moment: datetime) -> int:
    """As a browser reads an ISO date: what is below a millisecond is dropped."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Segment:
    """One step's part of the progress bar. All three numbers are percent."""

    name: str
    state: str
    start: int
    width: int
    filled: float


def segments(steps: Iterable[StepRun]) -> list[Segment]:
    """The progress bar: as wide as each step weighs, filled as far as each step is."""
    found: list[Segment] = []
    start = 0
    for step in steps:
        found.append(Segment(step.name, step.state, start, step.weight, _filled(step)))
        start += step.weight
    return found


def _filled(step: StepRun) -> float:
    if step.state == StepState.SUCCESS:
        return 100.0
    return round(min(step.done / step.total, 1) * 100, 2) if step.total else 0.0


def recent_log(task: TaskState) -> tuple[list[TaskEvent], bool]:
    """The newest lines of the task's log, oldest first, and whether older ones were left out.

    Progress events are no lines of the log: they move the bar. Nothing newer than `task.last_seq`
    is read, so a watcher that goes on after it misses nothing and sees nothing twice.
    """
    lines = task.events.filter(seq__lte=task.last_seq).exclude(type=EventType.PROGRESS)
    newest = list(lines.order_by("-seq")[: LOG_LIMIT + 1])
    return newest[:LOG_LIMIT][::-1], len(newest) > LOG_LIMIT


STEP_WORDS = {
    StepState.RUNNING: "Started",
    StepState.SUCCESS: "Done",
    StepState.FAILED: "Failed",
    StepState.CANCELLED: "Cancelled",
}


def line(event: TaskEvent) -> str:
    """What an event says in the log. `static/js/log.js` says it in the same words."""
    if event.message:
        return event.message
    word = STEP_WORDS.get(event.data.get("step_state"), event.get_type_display())
    attempt = event.data.get("attempt", 1)
    return f"{word}, attempt {attempt}" if attempt > 1 else str(word)


def counted(value: object) -> str:
    """A number with separators between its thousands; anything else, such as an id, as it is."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def readable_result(result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """A result as (name, values), without secrets and values that say nothing."""
    return readable_params(result, counted)


def readable_params(
    params: dict[str, Any], write: Callable[[object], str] = str
) -> list[tuple[str, list[str]]]:
    """Parameters as (name, values), without secrets and values that say nothing."""
    return [
        (name, [write(item) for item in (value if isinstance(value, list) else [value])])
        for name, value in _flat(masked(params))
        if value not in (None, "", [])
    ]


def _flat(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """The values by their names, those within an object by their paths."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value
