"""A structure that the workbook brings along: its tab `Structure` lists the columns of the table.

The tab has the columns *Column* and *Type*, and if it wants *Required* and *Name*:

| Column | Type         | Required | Name  |
|--------|--------------|----------|-------|
| Artnr  | text         | yes      | Item  |
| Price  | number       |          |       |

What the list does not name is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.cli.failure import Failure
from agents.cli.workbook.cells import Cells, cell_at, text_of
from agents.cli.workbook.columns import Column
from agents.cli.workbook.header import Header, find_header
from agents.cli.workbook.opening import Tab
from agents.cli.workbook.types import TYPES, WrongValue, convert, is_empty, named

TAB = "Structure"


def declared(tab: Tab, rows: Sequence[tuple[int, Cells]]) -> tuple[Header, list[Column]]:
    """The header of the table in `tab`, and the columns that the workbook declares.

    Args:
        rows: the first rows of `tab`.

    Raises:
        Failure: there is no such list, it cannot be used, or the table lacks one of its columns.
    """
    listed = list(_listed(tab))
    header = _header_with([entry["column"] for entry in listed], rows, tab)
    positions = {name.casefold(): position for position, name in header.names.items()}
    return header, [
        Column(
            positions[entry["column"].casefold()],
            entry["name"] or entry["column"],
            entry["type"],
            entry["required"] == "yes",
        )
        for entry in listed
    ]


def _listed(tab: Tab) -> list[Mapping[str, str]]:
    structure = tab.another(TAB)
    if structure is None:
        raise Failure(
            f"--custom-structure needs a tab {TAB} with the columns Column and Type, and there is "
            "none. Add it, or leave the option out."
        )
    rows = list(structure.rows())
    header = find_header(rows)
    names = {name.casefold(): at for at, name in header.names.items()} if header else {}
    if header is None or not {"column", "type"} <= names.keys():
        raise Failure(f"The tab {TAB} has no columns named Column and Type. Add them.")
    entries = [
        _entry(number, {name: cell_at(cells, at) for name, at in names.items()})
        for number, cells in rows
        if number > header.row and not is_empty(cell_at(cells, names["column"]))
    ]
    if not entries:
        raise Failure(f"The tab {TAB} lists no column. Add a row for each.")
    return entries


def _entry(number: int, cells: Mapping[str, Any]) -> Mapping[str, str]:
    type_ = named(text_of(cells["type"]) or "text")
    if type_ is None:
        raise Failure(
            f"{TAB}, row {number}: {text_of(cells['type'])!r} is no type. "
            f"Known types: {', '.join(TYPES)}."
        )
    required = cells.get("required")
    try:
        is_required = "no" if is_empty(required) else convert(required, "yes/no")
    except WrongValue as wrong:
        raise Failure(f"{TAB}, row {number}: {required!r} {wrong}. Write yes or no.") from None
    return {
        "column": text_of(cells["column"]),
        "type": type_,
        "required": is_required,
        "name": text_of(cells.get("name")),
    }


def _header_with(wanted: Sequence[str], rows: Sequence[tuple[int, Cells]], tab: Tab) -> Header:
    """The first row that has all the columns."""
    best: set[str] = set()
    for number, cells in rows:
        names = {text_of(cell).casefold(): at for at, cell in reversed(list(enumerate(cells)))}
        found = {name for name in wanted if name.casefold() in names}
        if len(found) == len(set(wanted)):
            return Header(number, {names[name.casefold()]: name for name in wanted})
        best = max(best, found, key=len)
    missing = ", ".join(name for name in wanted if name not in best)
    raise Failure(
        f"The tab {tab.title} has no row with all columns that {TAB} lists; missing: {missing}."
    )
