"""`task-context import-excel`: a workbook's table becomes context that can be searched."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice

from agents.cli.failure import Failure
from agents.cli.store import Source, open_store
from agents.cli.store.store import AT_ONCE
from agents.cli.surroundings import Surroundings
from agents.cli.terminal import Counter, Terminal
from agents.cli.workbook import Tab, Table, opened_tab, table_of
from agents.cli.workbook.columns import BadCell

MOST_SHOWN = 100
"""Bad rows that are printed; the others are counted."""


def run(options: Namespace, surroundings: Surroundings, terminal: Terminal) -> None:
    """Import the table in place of what was imported from the same file and tab before.

    A row with a cell that is wrong is told of and left out.

    Raises:
        Failure: the file or the database cannot be used, or no row is good.
    """
    with opened_tab(options.file, options.main_tab) as tab, open_store(surroundings.database) as to:
        to.require_tables()
        terminal.say(f"Reading the tab {tab.title} of {options.file.name}.")
        table = table_of(tab, is_declared=options.custom_structure)
        _describe(table, terminal)
        columns = [{"name": one.name, "type": one.type} for one in table.columns]
        source = Source(options.file.name, tab.title, columns)
        import_ = _Import(table, tab, terminal)
        with to.replacing(source) as add:
            while rows := list(islice(import_.good_rows, AT_ONCE)):
                add(rows)
            import_.end()
    terminal.result({**asdict(source), "rows": import_.good, "bad_rows": import_.bad})


def _describe(table: Table, terminal: Terminal) -> None:
    terminal.say(f"The header is row {table.header.row}.")
    for column in table.columns:
        required = ", required" if column.is_required else ""
        terminal.say(f"  {column.letter}: {column.name} ({column.type}{required})")


class _Import:
    """The rows of a table on their way, counted."""

    def __init__(self, table: Table, tab: Tab, terminal: Terminal) -> None:
        self.good = self.bad = 0
        self._terminal = terminal
        self._last_row = tab.last_row
        self.good_rows = self._good_rows(table)

    def _good_rows(self, table: Table) -> Iterator[tuple[int, str]]:
        """Number and text of each row that is good; the others are told of."""
        with self._terminal.counting("Processing row", self._last_row) as counter:
            for number, text, bad in table.rows:
                self._reach(counter, number)
                if bad:
                    self._tell(number, bad)
                else:
                    self.good += 1
                    yield number, text

    def _reach(self, counter: Counter, number: int) -> None:
        # A workbook may have more rows than it says.
        counter.reach(number if self._last_row is None else min(number, self._last_row))

    def _tell(self, number: int, bad: list[BadCell]) -> None:
        self.bad += 1
        if self.bad <= MOST_SHOWN:
            cells = "; ".join(f"{one.cell}: {one.message}" for one in bad)
            self._terminal.say(f"Row {number} is left out. {cells}")
        elif self.bad == MOST_SHOWN + 1:
            self._terminal.say("More bad rows are counted, and not shown.")

    def end(self) -> None:
        """Say how it went.

        Raises:
            Failure: no row is good.
        """
        if not self.good:
            raise Failure(
                f"No row was imported: {self.bad} are bad. What is wrong with them stands above."
                if self.bad
                else "No row was imported: there is no data below the header."
            )
        self._terminal.say(f"Imported {self.good} rows, and left out {self.bad} bad ones.")
