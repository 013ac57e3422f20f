"""CSV and its cousins: values separated by commas, semicolons, tabs or bars (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from agents.knowledge.document import Document
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.notes import shortened
from agents.knowledge.files.tables import Budget, Row, to_table

_SEPARATORS = ",;\t|"
_SAMPLED_ROWS = 20
_FEWEST_ROWS, _FEWEST_COLUMNS = 5, 3
"""Of a text that does not call itself CSV: prose has commas, too."""


def looks_separated(start: str, *, is_announced: bool) -> bool:
    """Whether the beginning of a text is a table.

    Args:
        is_announced: its name or type says so; else rows and columns must be more, and regular.
    """
    widths = _widths(start, _separator(start))
    if is_announced:
        return bool(widths)
    return len(widths) >= _FEWEST_ROWS and len(set(widths)) == 1 and widths[0] >= _FEWEST_COLUMNS


def read_separated(text: str, limits: Limits) -> Document:
    """A table of the rows; the first one is its head."""
    budget = Budget(limits.characters)
    markdown = to_table(_rows(text, _separator(text[:4096])), budget)
    return Document("", "", "", markdown, note=shortened(budget, limits))


def _rows(text: str, separator: str) -> Iterator[Row]:
    # A quote that is never closed would otherwise make one cell of the rest, and raise.
    csv.field_size_limit(1_000_000)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def _separator(start: str) -> str:
    """The one that divides most lines into the same number of values."""

    def regularity(separator: str) -> tuple[int, int]:
        widths = [width for width in _widths(start, separator) if width > 1]
        commonest = max(set(widths), key=widths.count, default=1)
        return widths.count(commonest), commonest

    return max(_SEPARATORS, key=regularity)


def _widths(start: str, separator: str) -> list[int]:
    """How many values the first rows have; the last row of a sample may be cut."""
    lines = start.splitlines()
    sample = "\n".join(lines[:-1] or lines)
    try:
        rows = list(csv.reader(StringIO(sample), delimiter=separator))
    except csv.Error:
        return []
    return [len(row) for row in rows[:_SAMPLED_ROWS] if row]
