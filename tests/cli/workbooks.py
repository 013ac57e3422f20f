"""Workbooks as people make them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

Cells = Sequence[Any]


def workbook(path: Path, tabs: Mapping[str, Iterable[Cells]], hidden: str = "") -> Path:
    """A workbook with these rows in these tabs."""
    book = openpyxl.Workbook(write_only=True)
    for title, rows in tabs.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title == hidden else "visible"
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def claim_to_be_small(path: Path) -> Path:
    """The same workbook, whose first tab says that it has one cell."""
    changed = path.with_name(f"small-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"<sheetData>", b'<dimension ref="A1"/><sheetData>', 1)
            new.writestr(name, content)
    return changed
