"""Markdown as a tree of sections, one a heading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agents.knowledge.blocks import Block, Kind, blocks, heading_text
from agents.knowledge.places import place_marked
from agents.knowledge.tokens import count_tokens

JOIN_TOKENS = 1
"""The blank line between two blocks is at most one token more than the two."""


@dataclass(slots=True)
class Piece:
    """A block that is never divided further, its token count, and the place it is marked with."""

    text: str
    tokens: int
    kind: Kind = Kind.TEXT
    place: str = ""


@dataclass(slots=True)
class Section:
    """A heading, the pieces up to the next one, and the sections below it."""

    path: tuple[str, ...]
    level: int
    heading: Piece | None = None
    pieces: list[Piece] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)
    tokens: int = 0

    def all_pieces(self) -> Iterator[Piece]:
        """Everything below the section's own heading, in order, its subsections' headings too."""
        yield from self.pieces
        for child in self.children:
            yield from child.with_heading()

    def with_heading(self) -> Iterator[Piece]:
        """The same, with the section's own heading first."""
        if self.heading:
            yield self.heading
        yield from self.all_pieces()


def read_sections(markdown: str, title: str) -> Section:
    """The tree of `markdown`. Its root stands for the page and has the title as its path.

    A heading that only repeats the title opens no section of its own.
    """
    root = Section(path=(title,) if title else (), level=0)
    open_sections = [root]
    place = ""
    for block in blocks(markdown):
        if block.kind is Kind.PLACE:
            place = place_marked(block.text)
        elif block.kind is not Kind.HEADING:
            open_sections[-1].pieces.append(_piece(block, place))
        elif (name := heading_text(block)) and name != title:
            while open_sections[-1].level >= block.level:
                open_sections.pop()
            parent = open_sections[-1]
            section = Section((*parent.path, name), block.level, heading=_piece(block, place))
            parent.children.append(section)
            open_sections.append(section)
    _count(root)
    return root


def _piece(block: Block, place: str) -> Piece:
    return Piece(block.text, count_tokens(block.text), block.kind, place)


def _count(section: Section) -> None:
    for child in section.children:
        _count(child)
    own = [*section.pieces, *([section.heading] if section.heading else [])]
    section.tokens = sum(piece.tokens + JOIN_TOKENS for piece in own)
    section.tokens += sum(child.tokens for child in section.children)
