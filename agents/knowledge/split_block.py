"""Divides a block that is larger than a chunk, where it hurts least."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from agents.knowledge.blocks import Kind
from agents.knowledge.sections import Piece
from agents.knowledge.sentences import sentences
from agents.knowledge.tokens import count_tokens

_FENCE = re.compile(r"`{3,}|~{3,}")
"""A fence of four may hold fences of three."""


def split_block(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    """Pieces of at most `max_tokens`: rows of a table, lines of code, sentences of a text.

    A part of a table keeps the table's head, a part of a code block its fence.
    """
    if piece.tokens <= max_tokens:
        yield piece
    elif piece.kind is Kind.TABLE:
        yield from _split_table(piece, max_tokens)
    elif piece.kind is Kind.CODE:
        yield from _split_code(piece, max_tokens)
    elif piece.kind is Kind.LIST:
        yield from _pack(piece.text.splitlines(), "\n", max_tokens, Kind.LIST)
    else:
        yield from _pack(sentences(piece.text), " ", max_tokens, Kind.TEXT)


def _split_table(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    head, *rows = piece.text.splitlines()
    head = f"{head}\n{rows.pop(0)}\n" if rows and set(rows[0]) <= set("|-: ") else f"{head}\n"
    if count_tokens(head) > max_tokens // 2:
        yield from _pack(piece.text.splitlines(), "\n", max_tokens, Kind.TABLE)
        return
    yield from _pack(rows, "\n", max_tokens, Kind.TABLE, lambda text: head + text)


def _split_code(piece: Piece, max_tokens: int) -> Iterator[Piece]:
    """Parts of a code block, each fenced like it, and none indented by a list it stood in."""
    first, *lines = piece.text.splitlines()
    fence = first.lstrip()
    indent = first[: len(first) - len(fence)]
    found = _FENCE.match(fence)
    closing = found[0] if found else "```"
    if lines and lines[-1].strip().startswith(closing):
        lines.pop()
    lines = [line.removeprefix(indent) for line in lines]
    yield from _pack(lines, "\n", max_tokens, Kind.CODE, lambda text: f"{fence}\n{text}\n{closing}")


def _pack(
    parts: Sequence[str],
    joint: str,
    max_tokens: int,
    kind: Kind,
    dress: Callable[[str], str] = lambda text: text,
) -> Iterator[Piece]:
    """Fill pieces with as many parts as fit, each dressed as a block of its kind."""
    room = max_tokens - count_tokens(dress(""))
    kept: list[str] = []
    size = 0
    for part in _fitting(parts, room):
        tokens = count_tokens(part + joint)
        if kept and size + tokens > room:
            yield _piece(dress(joint.join(kept)), kind)
            kept, size = [], 0
        kept.append(part)
        size += tokens
    if kept:
        yield _piece(dress(joint.join(kept)), kind)


def _fitting(parts: Sequence[str], room: int) -> Iterator[str]:
    """The parts, those halved (at a blank if there is one near) that are too large alone."""
    for part in parts:
        # A token is at least a byte, but an emoji of one character is several tokens.
        if len(part.encode()) <= room or count_tokens(part) < room:
            yield part
            continue
        middle = part.rfind(" ", len(part) // 4, len(part) // 2) + 1 or len(part) // 2
        yield from _fitting((part[:middle], part[middle:]), room)


def _piece(text: str, kind: Kind) -> Piece:
    return Piece(text, count_tokens(text), kind)
