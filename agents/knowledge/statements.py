"""What a passage says, cut into statements that can be quoted alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.knowledge.blocks import Block, Kind, blocks
from agents.knowledge.links import without_links
from agents.knowledge.sentences import sentences
from agents.knowledge.terms import stems

LONGEST_CODE = 12
"""Lines. A longer block of code answers no question by itself."""
_MARKER = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+")
_CAPTION = re.compile(r"\*\*.*\*\*")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, a table's row or a block of code, exactly as it stands in its passage.

    `stems` holds the stems of its words between blanks, so that phrases are found as substrings.
    """

    text: str
    kind: Kind
    stems: str

    @property
    def length(self) -> int:
        """In words."""
        return self.stems.count(" ") - 1


def statements(passage: str) -> list[Statement]:
    """The statements of a passage in order. Headings state nothing."""
    return [statement for block in blocks(passage) for statement in _of_block(block)]


def stem_line(text: str) -> str:
    """The stems of a text, with one blank before, between and after them."""
    return f" {' '.join(stems(text))} "


def _of_block(block: Block) -> Iterator[Statement]:
    if block.kind is Kind.HEADING:
        return
    for text in _texts(block):
        yield Statement(text, block.kind, stem_line(without_links(text)))


def _texts(block: Block) -> Iterator[str]:
    lines = block.text.splitlines()
    if block.kind is Kind.CODE:
        if len(lines) <= LONGEST_CODE:
            yield block.text
    elif block.kind is Kind.TABLE:
        yield from (line for line in lines[2:] if line.strip("|- "))
    elif block.kind is Kind.LIST:
        for line in lines:
            yield from sentences(_MARKER.sub("", line))
    elif not _CAPTION.fullmatch(block.text):
        yield from sentences(block.text)
