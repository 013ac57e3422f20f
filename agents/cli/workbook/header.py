"""Finds the row with the names of the columns: tables often begin below a title or a logo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from agents.cli.workbook.cells import Cells, cell_at, text_of

SEARCHED_ROWS = 50
"""The header is looked for in so many rows from the top."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where the table begins, and what its columns are called.

    Attributes:
        row: its number in the tab, from 1.
        names: by the position of the column, from 0; each only once.
    """

    row: int
    names: dict[int, str]


def find_header(rows: Sequence[tuple[int, Cells]]) -> Header | None:
    """The header among the first rows of a tab.

    That is the row with the most names of its own: cells of text that differ. Of two with as many
    it is the upper one, because rows of text may look alike. There must be data below it.
    """
    best: tuple[int, int] | None = None
    for position, (_, cells) in enumerate(rows[:SEARCHED_ROWS]):
        names = _names(cells)
        if names and _has_data(rows[position + 1 :], cells) and (not best or len(names) > best[0]):
            best = len(names), position
    if best is None:
        return None
    number, cells = rows[best[1]]
    return Header(number, _distinct(cells, rows[best[1] + 1 :]))


def _names(cells: Cells) -> set[str]:
    filled = [cell for cell in cells if text_of(cell)]
    texts = [text_of(cell).casefold() for cell in filled if isinstance(cell, str)]
    # A row that is mostly numbers is data.
    return set(texts) if len(texts) * 2 > len(filled) else set()


def _has_data(below: Sequence[tuple[int, Cells]], header: Cells) -> bool:
    named = [position for position, cell in enumerate(header) if text_of(cell)]
    return any(text_of(cell_at(cells, position)) for _, cells in below for position in named)


def _distinct(cells: Cells, below: Sequence[tuple[int, Cells]]) -> dict[int, str]:
    """A name for each column that has one, or has data below."""
    names: dict[int, str] = {}
    width = max(map(len, [cells, *(row for _, row in below)]))
    for position in range(width):
        name = text_of(cells[position]) if position < len(cells) else ""
        if not name and not any(position < len(row) and text_of(row[position]) for _, row in below):
            continue
        name = name or f"Column {get_column_letter(position + 1)}"
        taken = {other.casefold() for other in names.values()}
        number, unique = 2, name
        while unique.casefold() in taken:
            unique, number = f"{name} ({number})", number + 1
        names[position] = unique
    return names
