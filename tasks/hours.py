"""What ended in the last hours and days, and how long it took: the figures of charts.

They come from totals (see `tasks.counters`), so they cost the same however many tasks there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from tasks.models import HourTotal
from tasks.states import FINISHED, State

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """How far a chart looks back, and how much of it each of its columns holds."""

    name: str
    label: str
    columns: int
    width: timedelta


SPANS = (
    Span("day", "24 hours", 24, HOUR),
    Span("week", "7 days", 28, 6 * HOUR),
    Span("month", "30 days", 30, 24 * HOUR),
)


@dataclass(slots=True)
class Column:
    """The runs that ended from `at` on, until the next column begins.

    Args:
        ended: how many, by state.
        seconds: how long those that succeeded took in all, since they were queued.
    """

    at: datetime
    ended: dict[str, int] = field(default_factory=lambda: dict.fromkeys(sorted(FINISHED), 0))
    seconds: float = 0.0

    @property
    def average(self) -> float | None:
        """Seconds that a run took that succeeded; None where there is none."""
        succeeded = self.ended[State.SUCCESS]
        return self.seconds / succeeded if succeeded else None


def span_named(name: str) -> Span:
    """The span of that name; the first of them if there is none."""
    return next((span for span in SPANS if span.name == name), SPANS[0])


def columns(span: Span) -> list[Column]:
    """The columns of a chart, the oldest first; the last one is still growing."""
    begin = _begin_of(timezone.now(), span.width) - (span.columns - 1) * span.width
    found = [Column(begin + number * span.width) for number in range(span.columns)]
    totals = HourTotal.objects.filter(hour__gte=begin).values_list("hour", "state")
    for hour, state, count, seconds in totals.annotate(Sum("count"), Sum("seconds")):
        # A clock that was set back may have left hours that have not come yet.
        column = found[min((hour - begin) // span.width, span.columns - 1)]
        column.ended[state] += count
        column.seconds += seconds if state == State.SUCCESS else 0.0
    return found


def _begin_of(moment: datetime, width: timedelta) -> datetime:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // width * width
