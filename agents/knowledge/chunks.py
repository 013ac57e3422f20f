"""Divides a page into passages along its headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.knowledge.blocks import Kind
from agents.knowledge.places import span
from agents.knowledge.sections import JOIN_TOKENS, Piece, Section, read_sections
from agents.knowledge.sentences import sentences
from agents.knowledge.split_block import split_block
from agents.knowledge.tokens import count_joined, count_tokens

_SENTENCE_ENDS = (".", "!", "?", "。")


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk of a page.

    `text` is Markdown with the headings of the sections below `heading_path`, which starts with
    the page's title, and ends with the pages that it stands on in a file that has some.
    `position` counts from 0; `token_count` is exact.
    """

    text: str
    heading_path: tuple[str, ...]
    position: int
    token_count: int


def split(markdown: str, *, title: str, max_tokens: int, overlap: int) -> list[Passage]:
    """Passages of at most `max_tokens`, each about one thing.

    A section that fits stays whole, small sections beside each other share a passage, and a
    section that is too large is divided between its blocks. Code blocks and table rows are
    divided only where one alone is too large.

    Args:
        overlap: how many tokens of text a passage may repeat from the one before it, where one
            section is divided.
    """
    divider = _Divider(max_tokens, min(overlap, max_tokens // 4))
    passages: list[Passage] = []
    for path, pieces in divider.divide(read_sections(markdown, title)):
        if any(piece.kind is not Kind.HEADING for piece in pieces):
            text = "\n\n".join(piece.text for piece in pieces).strip()
            place = span(pieces[0].place, pieces[-1].place)
            where = (*path, place) if place else path
            passages.append(Passage(text, where, len(passages), _tokens_of(text, pieces)))
    return passages


def _tokens_of(text: str, pieces: Sequence[Piece]) -> int:
    """The exact count of a passage's text, which is that of the pieces if no blanks were cut off:
    to count them costs more than to find them."""
    if len(text) == sum(len(piece.text) + 2 for piece in pieces) - 2:
        return count_joined([(piece.text, piece.tokens) for piece in pieces])
    return count_tokens(text)


Group = tuple[tuple[str, ...], list[Piece]]


@dataclass(frozen=True, slots=True)
class _Divider:
    max_tokens: int
    overlap: int

    def divide(self, section: Section) -> Iterator[Group]:
        """The groups of pieces that make a passage each."""
        if not section.pieces and len(section.children) == 1:
            yield from self.divide(section.children[0])
            return
        if section.tokens <= self.max_tokens:
            yield section.path, list(section.all_pieces())
            return
        lead = Section(section.path, section.level, pieces=section.pieces)
        lead.tokens = _size(section.pieces)
        if lead.tokens <= self.max_tokens // 2:
            yield from self._divide_children(section, [lead] if lead.pieces else [])
            return
        for pieces in self._fill(section.pieces):
            yield section.path, pieces
        yield from self._divide_children(section, [])

    def _divide_children(self, section: Section, waiting: list[Section]) -> Iterator[Group]:
        for child in section.children:
            small = child.tokens <= self.max_tokens // 2
            if not small or _tokens(waiting) + child.tokens > self.max_tokens:
                yield from _together(section, waiting)
                waiting = []
            if small:
                waiting.append(child)
            else:
                yield from self.divide(child)
        yield from _together(section, waiting)

    def _fill(self, pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
        """Fill passages with the pieces of one section."""
        kept: list[Piece] = []
        size = 0
        for piece in self._divided(pieces):
            if kept and size + piece.tokens > self.max_tokens:
                done, kept = self._break(kept, room=self.max_tokens - piece.tokens)
                size = _size(kept)
                yield done
            kept.append(piece)
            size += piece.tokens + JOIN_TOKENS
        if kept:
            yield kept

    def _divided(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            for part in split_block(piece, self.max_tokens):
                part.place = piece.place
                yield part

    def _break(self, kept: list[Piece], room: int) -> tuple[list[Piece], list[Piece]]:
        """What this passage keeps, and what the next one starts with, in at most `room` tokens.

        Last pieces that only introduce what follows (terms, a signature, "like this:") move on
        with it.
        """
        moving: list[Piece] = []
        most = min(room, self.overlap + JOIN_TOKENS)
        while len(kept) > len(moving) + 1 and _introduces(last := kept[-1 - len(moving)]):
            if _size([last, *moving]) > most:
                break
            moving.insert(0, last)
        if moving:
            return kept[: -len(moving)], moving
        tail = self._tail(kept[-1])
        return kept, tail if _size(tail) <= room else []

    def _tail(self, last: Piece) -> list[Piece]:
        """The last sentences of a text, within the overlap."""
        if last.kind is not Kind.TEXT or not self.overlap:
            return []
        tail = ""
        for sentence in reversed(sentences(last.text)):
            longer = f"{sentence} {tail}".strip()
            if count_tokens(longer) > self.overlap:
                break
            tail = longer
        return [Piece(tail, count_tokens(tail), place=last.place)] if tail else []


def _introduces(piece: Piece) -> bool:
    """Whether it is a text that ends without the end of a sentence."""
    return piece.kind is Kind.TEXT and not piece.text.rstrip(")").endswith(_SENTENCE_ENDS)


def _together(parent: Section, sections: list[Section]) -> Iterator[Group]:
    if len(sections) == 1:
        yield sections[0].path, list(sections[0].all_pieces())
    elif sections:
        yield parent.path, [piece for section in sections for piece in section.with_heading()]


def _tokens(sections: Sequence[Section]) -> int:
    return sum(section.tokens for section in sections)


def _size(pieces: Sequence[Piece]) -> int:
    return sum(piece.tokens + JOIN_TOKENS for piece in pieces)
