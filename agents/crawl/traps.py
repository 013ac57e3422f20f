"""Parts of a site without an end: each of their URLs is new, and none of them says anything new.

The bounds are wide: a forum or a wiki has thousands of pages that differ in one parameter.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from agents.crawl.results import Refusal

MAX_SEGMENTS = 20
"""Folders deep. Links that are relative by mistake make paths that grow without end."""
MAX_REPEATS = 2
"""How often a path may say the same part in a row: /a/b/a/b is, /a/b/a/b/a/b is not accepted."""
MAX_PARAMETERS = 8
VARIANTS = {1: 5_000, 2: 1_000}
"""URLs that one path may have with so many parameters. Filters multiply with each of them."""
VARIANTS_OF_MANY = 100
"""The same, with more parameters than that."""
DAYS_OF_A_CALENDAR = 120
"""URLs that differ in nothing but a date, with which they end."""

_DATE = re.compile(r"(?<!\d)(?:1[89]|2\d)\d\d[-/_.](?:0?[1-9]|1[0-2])(?:[-/_.][0-3]?\d)?/?$")
_DATE_NAMES = re.compile(r"(?:^|&)(?:date|day|month|year|week|tribe-bar-date|ical)=", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")

_TOO_DEEP = Refusal("trap_deep_path", f"Its path has more than {MAX_SEGMENTS} parts.")
_REPEATS = Refusal(
    "trap_repeating_path", "Its path repeats itself, as links do that were made by mistake."
)
_TOO_MANY = Refusal(
    "trap_many_parameters", f"It has more than {MAX_PARAMETERS} parameters, as filters have."
)
_VARIANT = Refusal(
    "trap_endless_parameters",
    "Its path was found with so many other parameters already that they seem to have no end.",
)
_CALENDAR = Refusal(
    "trap_calendar",
    f"More than {DAYS_OF_A_CALENDAR} URLs like it differ in their date alone: a calendar has "
    "no end.",
)


class Traps:
    """Counts how many URLs of a kind a crawl has found, and refuses what goes beyond reason."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()

    def refusal(self, url: str) -> Refusal | None:
        """Why a URL that was not found before seems to be a trap, None if it does not. Counts
        the URL."""
        parts = urlsplit(url)
        segments = parts.path.strip("/").split("/")
        if len(segments) > MAX_SEGMENTS:
            return _TOO_DEEP
        if _repeats(segments):
            return _REPEATS
        if _is_dated(parts.path, parts.query):
            kind = _DIGITS.sub("0", f"{parts.netloc}{parts.path}?{parts.query}")
            return self._count(kind, DAYS_OF_A_CALENDAR, _CALENDAR)
        return self._many_parameters(parts.netloc + parts.path, parts.query)

    def _many_parameters(self, path: str, query: str) -> Refusal | None:
        if not query:
            return None
        number = query.count("&") + 1
        if number > MAX_PARAMETERS:
            return _TOO_MANY
        limit = VARIANTS.get(number, VARIANTS_OF_MANY)
        return self._count(f"{path}?{number}", limit, _VARIANT)

    def _count(self, kind: str, limit: int, refusal: Refusal) -> Refusal | None:
        self._kinds[kind] += 1
        return refusal if self._kinds[kind] > limit else None


def _repeats(segments: list[str]) -> bool:
    """Whether a part of the path follows upon itself more often than `MAX_REPEATS`."""
    times = MAX_REPEATS + 1
    for size in range(1, len(segments) // times + 1):
        for start in range(len(segments) - size * times + 1):
            part = segments[start : start + size]
            if segments[start : start + size * times] == part * times:
                return True
    return False


def _is_dated(path: str, query: str) -> bool:
    return bool(_DATE_NAMES.search(query) if query else _DATE.search(path))
