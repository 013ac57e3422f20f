"""Marks in Markdown that say on which page of a file the text below them stands.

A mark is a comment, which no reader of Markdown shows. It is no heading: a section may go over
many pages, and a page may hold many sections.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"<!-- page (\d{1,6}) -->")
_PLACE = re.compile(r"Pages? (\d{1,6})(?:–\d{1,6})?")


def page_mark(number: int) -> str:
    """The mark of a page, counted from 1."""
    return f"<!-- page {number} -->"


def place_marked(text: str) -> str:
    """The place that a block of Markdown marks, such as `Page 7`; empty for any other block."""
    found = _MARK.fullmatch(text.strip())
    return f"Page {found[1]}" if found else ""


def span(first: str, last: str) -> str:
    """The place of a text that goes from one place to another, such as `Pages 7–8`."""
    return first if first == last else f"Pages {first.split()[-1]}–{last.split()[-1]}"


def first_page(place: str) -> int:
    """The number of the first page of a place; 0 for what is none."""
    found = _PLACE.fullmatch(place)
    return int(found[1]) if found else 0
