"""The lines of a PDF's pages, with their size and place. PDFium reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

HYPHEN = "\u00ad"
"""Ends a line whose last word goes on in the next one."""
_LINE = re.compile(r"(?P<text>[^\r\n\x02\u00ad\ufffe]+)(?P<hyphen>[\x02\u00ad\ufffe]?)")
"""PDFium writes one of these instead of a hyphen and the end of a line."""
_LEADER = re.compile(r"(?:\s?[.·…]){4,}\s*")
"""The dots between a title and its page number in a table of contents."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\uffff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it stands on a page.

    Args:
        page: its number, from 1.
        left, right, bottom, top: points from the page's lower left corner.
        size: the height of its letters in points, rounded to half a point.
        page_height: in points.
    """

    text: str
    page: int
    left: float
    right: float
    bottom: float
    top: float
    size: float
    page_height: float


def read_lines(page: pdfium.PdfPage, number: int) -> list[Line]:
    """The lines of one page in the order in which the file holds them.

    Args:
        number: the page's, from 1.
    """
    text_page = page.get_textpage()
    try:
        return list(_lines(text_page, number, page.get_height()))
    finally:
        text_page.close()
        page.close()


def _lines(text_page: pdfium.PdfTextPage, number: int, height: float) -> Iterator[Line]:
    for found in _LINE.finditer(text_page.get_text_range(errors="ignore")):
        text = found["text"]
        words = " ".join(_LEADER.sub(" … ", _UNPRINTABLE.sub("", text)).split())
        first = _box(text_page, found.start() + len(text) - len(text.lstrip()))
        last = _box(text_page, found.start() + len(text.rstrip()) - 1)
        if not words or first is None or last is None:
            continue
        yield Line(
            words + (HYPHEN if found["hyphen"] else ""),
            number,
            left=first[0],
            right=last[2],
            bottom=min(first[1], last[1]),
            top=max(first[3], last[3]),
            # The smaller one: a single large bracket or initial makes no heading.
            size=round(2 * min(first[3] - first[1], last[3] - last[1])) / 2,
            page_height=height,
        )


def _box(text_page: pdfium.PdfTextPage, position: int) -> tuple[float, float, float, float] | None:
    """Left, bottom, right and top of a character, by its position in the page's text."""
    index = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text_page, position)
    if position < 0 or index < 0:
        return None
    try:
        return text_page.get_charbox(index, loose=True)
    except pdfium.PdfiumError:
        return None
