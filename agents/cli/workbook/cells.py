"""The cells of a row as openpyxl gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Cells = Sequence[Any]
"""The values of a row. Empty cells at its end may be missing."""


def cell_at(cells: Cells, position: int) -> Any:
    """The value in that place, from 0; None where the row has ended."""
    return cells[position] if position < len(cells) else None


def text_of(cell: Any) -> str:
    """The cell's value as a name."""
    return "" if cell is None else " ".join(str(cell).split())
