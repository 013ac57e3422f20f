"""When a page says that it was published."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

_JSON_LD = re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"')
_TIME = re.compile(r"<time\b[^<>]{0,500}>", re.IGNORECASE)
_DATETIME = re.compile(r"""\bdatetime\s*=\s*["']?([^"'>]{4,40})""", re.IGNORECASE)
_MARKED = re.compile(r"datePublished|pubdate|\bpublished|entry-date", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_FIRST_WEB_PAGE = date(1991, 8, 6)


def published_date(html: str, declared: Iterable[str] = ()) -> date | None:
    """The day of publication, of the source that says it most plainly.

    Args:
        html: the whole page. Its JSON-LD (schema.org's `datePublished`) and `<time>` are looked at.
        declared: what its `<meta>` elements say, the most trusted first.

    Returns:
        None if the page does not say, or says a day that cannot be.
    """
    for text in (*declared, *_JSON_LD.findall(html)[:1], *_times(html)):
        day = _read(text.strip())
        if day and _FIRST_WEB_PAGE <= day <= _tomorrow():
            return day
    return None


def _times(html: str) -> Iterable[str]:
    """Those of `<time>` marked as the publication's; else the only one that the page holds."""
    times = [(tag, found[1]) for tag in _TIME.findall(html) if (found := _DATETIME.search(tag))]
    marked = [value for tag, value in times if _MARKED.search(tag)]
    every = {value for _, value in times}
    return marked[:1] or (every if len(every) == 1 else ())


def _read(text: str) -> date | None:
    """A date in ISO 8601, or as in mail headers (RFC 5322)."""
    try:
        if found := _DAY.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        return parsedate_to_datetime(text).date()
    except ValueError:
        return None


def _tomorrow() -> date:
    """East of here it may be tomorrow already."""
    return datetime.now(UTC).date() + timedelta(days=1)
