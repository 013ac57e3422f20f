"""What a passage says, cut into statements that can be quoted alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from agents.knowledge.blocks import Block, Kind, blocks, heading_text
from agents.knowledge.links import without_links
from agents.knowledge.sentences import sentences
from agents.knowledge.terms import stems

LONGEST_CODE = 12
"""Lines. A longer block of code answers no question by itself."""
LONGEST_NAME = 60
"""Characters of a term that is defined, without what stands in brackets after it."""
_MARKER = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+")
_CAPTION = re.compile(r"\*\*.*\*\*")
_ENDS_LIKE_A_SENTENCE = re.compile(r"[.!?:;…。！？：][\"'”’»)\]*_`]*$")
_BRACKET = re.compile(r"[(\[{<=]")
_KIND_OF_NAME = re.compile(r"^(?:\*[a-z ]+\*\s+)+(?=\S)")
_DASH = re.compile(r"\s[—–-]{1,2}\s")
_REMARK = re.compile(
    r"[*_]*(?:note|tip|hint|important|warning|caution|see also)[*_]*", re.IGNORECASE
)
"""What stands above a remark names no new thing."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, a table's row or a block of code, exactly as it stands in its passage.

    Args:
        stems: the stems of its words between blanks, so that phrases are found as substrings.
        heading: the nearest one above it within the passage.
        term: the line above it that names what it is about, as in a list of definitions.
        columns: the heads of a row's cells.
        block: the number of the block that it stands in.
        after_term: how many blocks after its term that is.
    """

    text: str
    kind: Kind
    stems: str
    heading: str = ""
    term: str = ""
    columns: tuple[str, ...] = ()
    block: int = 0
    after_term: int = 0

    @property
    def length(self) -> int:
        """In words."""
        return self.stems.count(" ") - 1

    @property
    def line(self) -> str:
        """The stems of its words and of its term's."""
        return self.stems + stem_line(self.term)

    @property
    def name(self) -> str:
        """What it is about: the term without what stands in brackets (a function's parameters, a
        setting's type), or the first cell of a row."""
        return cells(self.text)[0] if self.kind is Kind.TABLE else name_of(self.term)


def name_of(term: str) -> str:
    """A term without what stands in brackets, and without the emphasised word for its kind."""
    return _KIND_OF_NAME.sub("", _BRACKET.split(term, maxsplit=1)[0]).strip() or term


def statements(passage: str) -> list[Statement]:
    """The statements of a passage in order. Headings and terms state nothing, but name."""
    return list(_Reader(list(blocks(passage))).read())


def stem_line(text: str) -> str:
    """The stems of a text, with one blank before, between and after them."""
    return f" {' '.join(stems(text))} "


def cells(row: str) -> list[str]:
    """The texts of a table's row."""
    return [cell.strip() for cell in row.strip().strip("|").split(" | ")]


@dataclass(slots=True)
class _Reader:
    blocks: Sequence[Block]
    heading: str = ""
    terms: list[str] = field(default_factory=list)
    last_term: int = 0

    def read(self) -> Iterator[Statement]:
        after_term = False
        for number, block in enumerate(self.blocks):
            if block.kind is Kind.HEADING:
                self.heading, self.terms = heading_text(block), []
            elif is_term := self._is_term(number):
                self.last_term = number
                if not _REMARK.fullmatch(block.text):
                    self.terms = [*(self.terms if after_term else []), block.text]
            else:
                for one in _of_block(block):
                    yield replace(
                        one,
                        heading=self.heading,
                        term=", ".join(self.terms),
                        block=number,
                        after_term=number - self.last_term,
                    )
            after_term = block.kind is not Kind.HEADING and is_term

    def _is_term(self, number: int) -> bool:
        """Whether the block is a short line without an end, above what it names."""
        block, *following = self.blocks[number : number + 2]
        text = block.text
        return (
            block.kind is Kind.TEXT
            and bool(following)
            and following[0].kind in (Kind.TEXT, Kind.LIST)
            and "\n" not in text
            and len(name_of(text)) <= LONGEST_NAME
            and not any(map(_ENDS_LIKE_A_SENTENCE.search, (text, name_of(text))))
            and not _DASH.search(text)
        )


def _of_block(block: Block) -> Iterator[Statement]:
    columns: tuple[str, ...] = ()
    if block.kind is Kind.TABLE:
        columns = tuple(cells(block.text.splitlines()[0]))
    for text in _texts(block):
        yield Statement(text, block.kind, stem_line(without_links(text)), columns=columns)


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
    elif block.kind is Kind.TEXT and not _CAPTION.fullmatch(block.text):
        yield from sentences(block.text)
