"""Rows of cells as Markdown: a table whose head says what each cell means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

MOST_COLUMNS = 200
"""Cells of a row beyond these are left out."""
_LONGEST_CELL = 2_000
_HEAD_SEARCHED = 10
"""Rows at the start of a sheet that may be a title or notes, before the head of its table."""

Row = Sequence[str]


@dataclass(slots=True)
class Budget:
    """How many characters may still be written, and whether anything was left out for it."""

    characters: int
    is_spent: bool = field(default=False, init=False)

    def take(self, text: str) -> bool:
        """Whether `text` still fits; if so, it counts."""
        self.characters -= len(text) + 1
        self.is_spent = self.is_spent or self.characters < 0
        return not self.is_spent


def to_table(rows: Iterable[Row], budget: Budget) -> str:
    """Markdown of a sheet: what stands above its table as text, then the table.

    The rows are read one by one, and no more of them than the budget has room for.
    """
    filled = (trimmed for row in rows if any(trimmed := _trimmed(row)))
    notes, first = _beginning(filled)
    lines = [*notes, *([""] if notes else [])]
    lines += _table(first, filled, budget)
    return "\n".join(lines).strip()


def _beginning(rows: Iterator[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The lines of one cell above the table, and the first row of the table."""
    notes: list[str] = []
    for row in rows:
        if sum(map(bool, row)) > 1:
            return notes, [row]
        notes.append(next(filter(None, row)))
        if len(notes) == _HEAD_SEARCHED:
            break
    # A sheet of one column has no table; its first row is the head of the rest.
    return [], [[note] for note in notes]


def _table(first: list[list[str]], rows: Iterator[list[str]], budget: Budget) -> Iterator[str]:
    width = max((len(row) for row in first), default=0)
    is_head = True
    for row in chain(first, rows):
        line = _line(row, width)
        if not budget.take(line):
            return
        yield line
        if is_head:
            yield _line(["---"] * width, width)
            is_head = False


def _line(row: list[str], width: int) -> str:
    return "| " + " | ".join([*row, *[""] * (width - len(row))]) + " |"


def _trimmed(row: Row) -> list[str]:
    cells = [_cell(cell) for cell in row[:MOST_COLUMNS]]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _cell(text: str) -> str:
    return " ".join(text[:_LONGEST_CELL].split()).replace("|", "\\|")
