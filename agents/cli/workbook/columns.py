"""The columns of a table: their names and types, declared or found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter

from agents.cli.workbook.cells import Cells, cell_at
from agents.cli.workbook.header import Header
from agents.cli.workbook.types import TYPES, WrongValue, convert, is_empty

SURE = 0.9
"""The part of a column's values that must be of a type for it to be the column's. The others are
then mistakes; with more of them, the column is text."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        position: in the tab, from 0.
        is_required: whether a row without a value of it is a bad one.
    """

    position: int
    name: str
    type: str
    is_required: bool = False

    @property
    def letter(self) -> str:
        return get_column_letter(self.position + 1)


@dataclass(frozen=True, slots=True)
class BadCell:
    """What is wrong with a cell."""

    cell: str
    """Its address, such as `C17`."""
    message: str


def found_out(header: Header, sample: Sequence[tuple[int, Cells]]) -> list[Column]:
    """The columns under `header`, each of the strictest type that its values in `sample` have."""
    return [
        Column(position, name, _type_of([cell_at(row, position) for _, row in sample]))
        for position, name in header.names.items()
    ]


def _type_of(values: Sequence[Any]) -> str:
    filled = [value for value in values if not is_empty(value)]
    if not filled:
        return "text"
    return next(name for name in TYPES if _share(filled, name) >= SURE)


def _share(values: Sequence[Any], type_: str) -> float:
    if type_ == "text":
        return 1.0
    fits = 0
    for value in values:
        try:
            convert(value, type_)
        except WrongValue:
            continue
        fits += 1
    return fits / len(values)


def read_row(number: int, cells: Cells, columns: Sequence[Column]) -> tuple[str, list[BadCell]]:
    """The row as a line of text, and the cells that are wrong. An empty row is an empty line."""
    parts, bad = [], []
    for column in columns:
        value = cell_at(cells, column.position)
        if is_empty(value):
            if column.is_required:
                bad.append(BadCell(f"{column.letter}{number}", f"{column.name} is missing"))
            continue
        try:
            parts.append(f"{column.name}: {convert(value, column.type)}")
        except WrongValue as wrong:
            shown = f"{str(value)[:60]!r} {wrong}"
            bad.append(BadCell(f"{column.letter}{number}", f"{column.name}: {shown}"))
    if not parts and not any(not is_empty(cell) for cell in cells):
        return "", []
    return "; ".join(parts), bad
