"""Links that open a page at the passage which was quoted from it.

A text fragment (https://wicg.github.io/scroll-to-text-fragment/) names the words that a browser
scrolls to and highlights. It knows nothing of Markdown: it searches what a reader sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

from agents.knowledge.blocks import Block, Kind, blocks
from agents.knowledge.places import first_page
from agents.knowledge.visible_text import visible_text

LONGEST_WHOLE = 60
"""Characters of a text that is named whole; a longer one by how it begins and ends. What a page
shows in between (footnotes, buttons) can then be anything."""
END_LENGTH = 30
"""Characters, at least, of such a beginning and end."""

CERTAIN_LENGTH = 12
"""Characters. A shorter line, such as `BEGIN;`, stands in more than one place of a page."""

_WORD = re.compile(r"[^\s、。，；：！？]*(?:[、。，；：！？]+|\s+|$)")
"""Browsers find whole words only, and a text without blanks is certain to part at punctuation."""
_GAP = re.compile(r"\s{2,}|\t")
"""In code, browsers take blanks as they stand."""
_MARKER = re.compile(r"^\s*(?:>\s*)*(?:(?:[-*+]|\d{1,9}[.)])\s+)?")


def passage_link(url: str, text: str, heading_path: Sequence[str] = ()) -> str | None:
    """The address of `text`, which stands on the page at `url`; None if no browser can open it.

    Args:
        text: Markdown out of the page.
        heading_path: of its passage. In a PDF it ends with the page, which is opened then.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        return None
    if page := first_page(heading_path[-1]) if heading_path else 0:
        return url if "#" in url else f"{url}#page={page}"
    directive = text_directive(text)
    if not directive:
        return url
    return f"{url}{'' if '#' in url else '#'}:~:{directive}"


def text_directive(text: str) -> str:
    """`text=start` or `text=start,end` for what a reader sees of this Markdown; empty for none."""
    lines = [line for line in _lines(text) if any(map(str.isalnum, line))]
    while len(lines) > 1 and len(lines[0]) < CERTAIN_LENGTH:
        del lines[0]
    if not lines:
        return ""
    if len(lines) == 1 and len(lines[0]) <= LONGEST_WHOLE:
        return f"text={_encoded(lines[0])}"
    start, end = _start(lines[0]), _end(lines[-1])
    if len(lines) == 1 and len(start) + len(end) > len(lines[0]):
        return f"text={_encoded(lines[0])}"
    return f"text={_encoded(start)},{_encoded(end)}"


def _lines(text: str) -> Iterator[str]:
    """The lines of what is seen; a term of a directive must not go over the end of one.

    Headings come last of all: those on the page are also in its table of contents.
    """
    everything = list(blocks(text))
    statements = [block for block in everything if block.kind not in (Kind.HEADING, Kind.PLACE)]
    for block in statements or everything:
        yield from filter(None, (" ".join(line.split()) for line in _seen(block)))


def _seen(block: Block) -> Iterator[str]:
    lines = block.text.splitlines()
    if block.kind is Kind.CODE:
        yield from (part for line in lines[1:-1] for part in _GAP.split(line))
    elif block.kind is Kind.TABLE:
        rows = (line for line in lines if line.strip("|-: "))
        yield from (visible_text(cell) for row in rows for cell in row.strip("| ").split(" | "))
    elif block.kind is Kind.HEADING:
        yield visible_text(block.text.lstrip("# "))
    elif block.kind is not Kind.PLACE:
        yield from (visible_text(_MARKER.sub("", line)) for line in lines)


def _start(line: str) -> str:
    taken = ""
    for word in _WORD.findall(line):
        taken += word
        if len(taken) >= END_LENGTH:
            break
    return taken.strip()


def _end(line: str) -> str:
    taken = ""
    for word in reversed(_WORD.findall(line)):
        taken = word + taken
        if len(taken) >= END_LENGTH:
            break
    return taken.strip()


def _encoded(term: str) -> str:
    """The three characters that a directive is made of are written as codes as well."""
    return quote(term, safe="").replace("-", "%2D")
