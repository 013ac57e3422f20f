"""The lines of a PDF's pages, with their size and place. PDFium reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_LINE = re.compile(r"[^\r\n]+")
_LEADER = re.compile(r"(?:\s?[.·…]){4,}\s*")
"""The dots between a title and its page number in a table of contents."""
_UNPRINTABLE = re.compile(r"[\x00-\x01\x03-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HYPHEN_AT_THE_END = ("\x02", "\u00ad", "\ufffe")
"""How PDFium writes a hyphen that only divides a word."""


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
    text = text_page.get_text_range(errors="ignore")
    for found in _LINE.finditer(text):
        words = _words(found[0])
        if not words:
            continue
        blanks = len(found[0]) - len(found[0].lstrip())
        first = _box(text_page, found.start() + blanks)
        last = _box(text_page, found.end() - 1 - (len(found[0]) - len(found[0].rstrip())))
        if first is None or last is None:
            continue
        # The smaller one: a single large bracket or initial makes no heading.
        size = round(2 * min(first[3] - first[1], last[3] - last[1])) / 2
        bottom, top = min(first[1], last[1]), max(first[3], last[3])
        yield Line(words, number, first[0], last[2], bottom, top, size, height)


def _words(line: str) -> str:
    ends_in_hyphen = line.rstrip().endswith(_HYPHEN_AT_THE_END)
    printable = _UNPRINTABLE.sub("", line.replace("\x02", "")).replace("\u00ad", "")
    text = " ".join(_LEADER.sub(" … ", printable).split())
    return f"{text}\u00ad" if ends_in_hyphen and text else text


def _box(text_page: pdfium.PdfTextPage, position: int) -> tuple[float, float, float, float] | None:
    """Left, bottom, right and top of a character, by its position in the page's text."""
    index = pdfium_c.FPDFText_GetCharIndexFromTextIndex(text_page, position)
    if index < 0:
        return None
    try:
        return text_page.get_charbox(index, loose=True)
    except pdfium.PdfiumError:
        return None
