"""XLSX: each sheet becomes a section with a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from agents.knowledge.document import Document
from agents.knowledge.files.archive import check_archive
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.notes import shortened
from agents.knowledge.files.tables import Budget, Row, to_table
from agents.knowledge.files.unreadable import broken, encrypted

Value = int | float | str | bool | time | date | datetime | timedelta
_WHAT = "XLSX workbook"


def read_sheets(body: bytes, limits: Limits) -> Document:
    """The values of every visible sheet, the last computed ones where there are formulas.

    Raises:
        Unreadable: it is encrypted, damaged, or too large when it is unpacked.
    """
    check_archive(body, _WHAT, limits.unpacked_bytes)
    budget = Budget(limits.characters)
    try:
        sections = list(_sections(body, budget))
    except MemoryError:
        raise
    except PasswordError as error:
        raise encrypted(_WHAT) from error
    except Exception as error:
        # Calamine's errors have no class in common.
        raise broken(_WHAT) from error
    return Document("", "", "", "\n\n".join(sections), note=shortened(budget, limits))


def _sections(body: bytes, budget: Budget) -> Iterator[str]:
    with CalamineWorkbook.from_filelike(BytesIO(body)) as workbook:
        for sheet in workbook.sheets_metadata:
            is_shown = sheet.visible is SheetVisibleEnum.Visible
            if budget.is_spent or not is_shown or sheet.typ is not SheetTypeEnum.WorkSheet:
                continue
            rows = workbook.get_sheet_by_name(sheet.name).iter_rows()
            table = to_table((_texts(row) for row in rows), budget)
            if table:
                yield f"## {' '.join(sheet.name.split())}\n\n{table}"


def _texts(row: list[Value]) -> Row:
    return [_text(value) for value in row]


def _text(value: Value) -> str:
    """A value as people write it: no `.0` behind whole numbers, no midnight behind dates."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case _:
            return str(value)
