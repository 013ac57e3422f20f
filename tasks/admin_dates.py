"""The dates above a list of the admin: years, months and days that lead to their rows by an index.

Django's own date hierarchy reads the whole table to find out which of them have rows, and asks for
a month by what no index answers. This one shows each between the first and the last row, which the
index tells at once, and asks for the time from its begin to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

LEVELS = ("all", "year", "month", "day")
FORMATS = {"year": "Y", "month": "F Y", "day": "j F"}


@dataclass(frozen=True, slots=True)
class Period:
    """A year, a month or a day; `all` is what has no bounds.

    Args:
        begin, end: at midnight; the end is no part of it.
    """

    level: str
    begin: datetime
    end: datetime

    @property
    def title(self) -> str:
        return date_format(self.begin, FORMATS[self.level])

    def parts(self, first: datetime, last: datetime) -> Iterator[Period]:
        """The periods of the next level in it, from that of `first` to that of `last`."""
        level = LEVELS[LEVELS.index(self.level) + 1]
        begin = _floor(max(first, self.begin), level)
        while begin <= last and begin < self.end:
            end = _next(begin, level)
            yield Period(level, begin, end)
            begin = end


def chosen(request: HttpRequest, field: str) -> Period | None:
    """The period that a list is narrowed down to; None if it is not, or to another time."""
    begin = _moment(request.GET.get(f"{field}__gte", ""))
    end = _moment(request.GET.get(f"{field}__lt", ""))
    for level in LEVELS[1:]:
        if begin and end and _floor(begin, level) == begin and _next(begin, level) == end:
            return Period(level, begin, end)
    return None


def around(period: Period) -> Period | None:
    """The month of a day, and the year of a month."""
    level = LEVELS[LEVELS.index(period.level) - 1]
    if level == "all":
        return None
    begin = _floor(period.begin, level)
    return Period(level, begin, _next(begin, level))


def bounds(rows: Any, field: str) -> tuple[datetime, datetime] | None:
    """When the first and the last of the rows were, in the time zone of the pages."""
    times = rows.filter(**{f"{field}__isnull": False}).values_list(field, flat=True)
    first, last = times.order_by(field).first(), times.order_by(f"-{field}").first()
    if first is None or last is None:
        return None
    return timezone.localtime(first), timezone.localtime(last)


def parameters(field: str, period: Period) -> dict[str, str]:
    """What narrows a list down to the period, as Django's own filter by date writes it."""
    return {f"{field}__gte": str(period.begin), f"{field}__lt": str(period.end)}


def everything(first: datetime, last: datetime) -> Period:
    """All the time there is, or as much of it as the rows are all in."""
    whole = Period("all", _floor(first, "year"), _next(_floor(last, "year"), "year"))
    while whole.level != "month":
        parts = list(whole.parts(first, last))
        if len(parts) > 1:
            break
        (whole,) = parts
    return whole


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    if moment is None or timezone.is_naive(moment):
        return None
    return timezone.localtime(moment)


def _floor(moment: datetime, level: str) -> datetime:
    month = 1 if level == "year" else moment.month
    day = moment.day if level == "day" else 1
    return moment.replace(month=month, day=day, hour=0, minute=0, second=0, microsecond=0)


def _next(begin: datetime, level: str) -> datetime:
    """When the period after the one that begins then does."""
    days = {"year": 366, "month": 31, "day": 1}[level]
    # Noon, so that a day of 23 or 25 hours is one day, too.
    noon = begin.replace(hour=12)
    return _floor(noon + timedelta(days=days), level)
