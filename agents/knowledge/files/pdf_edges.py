"""Leaves out what stands at the edge of every page: running heads, footers, page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agents.knowledge.files.pdf_lines import Line

_EDGE = 0.12
"""Of the page's height, at its top and at its bottom."""
_LINES_LOOKED_AT = 3
_FEWEST_REPEATS = 3
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|página|pagina)?\s*[-–—|(\[]*\s*(?:\d{1,5}|[ivxlc]{1,7})\s*[-–—|)\]]*"
    r"(?:\s*(?:of|/|von|de|di|sur)\s*\d{1,5})?",
    re.IGNORECASE,
)


def without_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without the lines that repeat at the same edge of at least three of them, however
    the numbers in them count on, and without page numbers that stand alone."""
    edges = [_edge_lines(lines) for lines in pages]
    repeats = Counter(key for page in edges for key in set(page.values()))
    return [
        [line for line in lines if not _is_furniture(line, edge, repeats)]
        for lines, edge in zip(pages, edges, strict=True)
    ]


Key = tuple[str, str, float]


def _edge_lines(lines: Sequence[Line]) -> dict[int, Key]:
    """The outermost lines of a page by their identity, with the edge and the looks of each."""
    by_height = sorted(lines, key=lambda line: -line.top)
    top = [line for line in by_height if line.bottom > line.page_height * (1 - _EDGE)]
    bottom = [line for line in by_height if line.top < line.page_height * _EDGE]
    edges = {id(line): ("top", *_looks(line)) for line in top[:_LINES_LOOKED_AT]}
    return edges | {id(line): ("bottom", *_looks(line)) for line in bottom[-_LINES_LOOKED_AT:]}


def _looks(line: Line) -> tuple[str, float]:
    """Its words, however it counts, and its size: a title is no running head of the same words."""
    return _DIGITS.sub("#", line.text.lower()), line.size


def _is_furniture(line: Line, edges: dict[int, Key], repeats: Counter[Key]) -> bool:
    key = edges.get(id(line))
    if key is None:
        return False
    return repeats[key] >= _FEWEST_REPEATS or _PAGE_NUMBER.fullmatch(line.text) is not None
