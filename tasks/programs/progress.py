"""Reads how far a program is out of what it prints for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

_COUNT = re.compile(r"(?:^|[\s(\[|])(\d{1,9}) ?/ ?(\d{1,9})(?=$|[\s)\],.:;])")
"""1/500, but no date, version, path or address."""
_PERCENT = re.compile(r"(?:^|[\s(\[|=:])(\d{1,3}(?:\.\d{1,6})?) ?%")
PARTS = 10_000
"""A percent counts in hundredths."""


class Progress(NamedTuple):
    """How much is done, of how much, and a line that a person can read."""

    done: int
    total: int
    details: str


def latest(lines: Iterable[str]) -> Progress | None:
    """What the last of the lines that tells anything tells of how far the program is.

    Args:
        lines: the newest first.
    """
    return next(filter(None, map(told_by, lines)), None)


def told_by(line: str) -> Progress | None:
    """What a line tells: `Processing row 1/500`, `37 %`, or a JSON object with `percent`, which
    may have a `message`. A count is more exact than a percent beside it."""
    if line.startswith("{"):
        return _told_by_object(line)
    if "/" in line and (count := _COUNT.search(line)):
        done, total = map(int, count.groups())
        if done <= total > 0:
            return Progress(done, total, line.strip())
    if "%" in line and (percent := _PERCENT.search(line)):
        return _of_percent(float(percent[1]), line.strip())
    return None


def _told_by_object(line: str) -> Progress | None:
    try:
        told: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    percent = told.get("percent")
    if isinstance(percent, bool) or not isinstance(percent, int | float):
        return None
    message = told.get("message")
    # JSON may hold halves of characters, which no database takes.
    details = message.encode(errors="replace").decode() if isinstance(message, str) else ""
    return _of_percent(percent, details)


def _of_percent(percent: float, details: str) -> Progress | None:
    # Also false for NaN.
    if not 0 <= percent <= 100:
        return None
    return Progress(int(percent * PARTS / 100), PARTS, details)
