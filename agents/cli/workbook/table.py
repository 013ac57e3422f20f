"""The table of a tab: where it begins, its columns, and its rows one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from agents.cli.failure import Failure
from agents.cli.workbook.cells import Cells
from agents.cli.workbook.columns import BadCell, Column, found_out, read_row
from agents.cli.workbook.header import Header, find_header
from agents.cli.workbook.opening import Tab
from agents.cli.workbook.structure import declared

SAMPLE = 1_000
"""Rows from which the header and the types are found out. The others are read one by one."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a tab holds.

    Attributes:
        rows: number, text and bad cells of each row that is not empty. They can be read once.
    """

    header: Header
    columns: list[Column]
    rows: Iterator[tuple[int, str, list[BadCell]]]


def table_of(tab: Tab, *, is_declared: bool) -> Table:
    """The table in a tab.

    Args:
        is_declared: the workbook says what its columns are (see `agents.cli.workbook.structure`).

    Raises:
        Failure: no header is found, or what is declared cannot be used.
    """
    every = tab.rows()
    sample = list(islice(every, SAMPLE))
    if is_declared:
        header, columns = declared(tab, sample)
    else:
        found = find_header(sample)
        if found is None:
            raise Failure(
                f"No header is found in the tab {tab.title}: a row of names, with data below it. "
                f"Name another tab with --main-tab: {', '.join(tab.others) or 'there is none'}."
            )
        header = found
        columns = found_out(header, [row for row in sample if row[0] > header.row])
    below = (row for row in chain(sample, every) if row[0] > header.row)
    return Table(header, columns, _read(below, columns))


def _read(
    rows: Iterator[tuple[int, Cells]], columns: Sequence[Column]
) -> Iterator[tuple[int, str, list[BadCell]]]:
    for number, cells in rows:
        text, bad = read_row(number, cells, columns)
        if text or bad:
            yield number, text, bad
