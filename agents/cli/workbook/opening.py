"""Opens a workbook for reading, and finds a tab of it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from agents.cli.failure import Failure
from agents.cli.workbook.cells import Cells

OLE = b"\xd0\xcf\x11\xe0"
"""How files begin that are encrypted, or of Excel before 2007."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a workbook that is open."""

    title: str
    sheet: Any
    others: tuple[str, ...]
    last_row: int | None
    """Its number, if the workbook says it."""

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Each row's number and the values of its cells, from the first row on."""
        return enumerate(self.sheet.iter_rows(values_only=True), start=1)

    def another(self, title: str) -> Tab | None:
        """The tab of that name, whatever its case."""
        return _find(self.sheet.parent, title)


@contextmanager
def opened_tab(path: Path, title: str) -> Iterator[Tab]:
    """A tab of the workbook.

    Args:
        title: its name, whatever its case; empty for the first one that is not hidden.

    Raises:
        Failure: the file is no workbook that can be read, or has no such tab.
    """
    workbook = _opened(path)
    try:
        tab = _find(workbook, title) if title else _first(workbook)
        if tab is None:
            missing = f"tab {title!r}" if title else "tab that is not hidden"
            known = ", ".join(workbook.sheetnames)
            raise Failure(f"{path.name} has no {missing}. Name one with --main-tab: {known}.")
        yield tab
    finally:
        workbook.close()


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise Failure(f"There is no file {path}. Check the path.")
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == OLE:
        raise Failure(
            f"{path.name} is encrypted, or a workbook of Excel before 2007. "
            "Save it as .xlsx without a password."
        )
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise Failure(
            f"{path.name} cannot be read as a workbook ({error}). Save it as .xlsx."
        ) from error


def _find(workbook: Any, title: str) -> Tab | None:
    wanted = title.strip().casefold()
    names = [name for name in workbook.sheetnames if name.strip().casefold() == wanted]
    return _tab(workbook, names[0]) if names else None


def _first(workbook: Any) -> Tab | None:
    shown = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    return _tab(workbook, shown[0]) if shown else None


def _tab(workbook: Any, name: str) -> Tab:
    sheet = workbook[name]
    last_row = sheet.max_row
    # What the file says of its size may be wrong, and openpyxl would cut off what is beyond it.
    sheet.reset_dimensions()
    others = tuple(other for other in workbook.sheetnames if other != name)
    return Tab(name, sheet, others, last_row)
