"""Markdown as a row of blocks: headings, code, tables, lists and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from agents.knowledge.places import place_marked

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_FENCES = frozenset("`~")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_STARTS_ITS_OWN_LINE = re.compile(r"\s*(?:[-*+]\s|\d{1,9}[.)]\s|[|>#]|`{3}|~{3}|---+$)")
_FILLS_ITS_LINE = re.compile(r"\s*(?:[|>#]|---+$)")
_BREAKS = ("  ", "\\")
"""A line that ends so is followed by a line break."""

_EMPTY_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s*")


class Kind(Enum):
    """What a block is, which decides where it may be divided."""

    HEADING = "heading"
    CODE = "code"
    TABLE = "table"
    LIST = "list"
    TEXT = "text"
    PLACE = "place"
    """A mark that says where in its file the text below it stands; it holds no text itself."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `level` is 1 to 6 for a heading and 0 for everything else."""

    kind: Kind
    text: str
    level: int = 0


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks of `markdown` in order. Blank lines part them, except inside a code fence."""
    return (_block(group) for group in _groups(markdown))


def unwrap_lines(markdown: str) -> str:
    """Join the lines of each paragraph and list item, which HTML's source breaks anywhere."""
    joined = (group if _FENCE.match(group[0]) else _joined(group) for group in _groups(markdown))
    return "\n\n".join("\n".join(group) for group in joined if group)


def plain_text(markdown: str) -> str:
    """One line of Markdown without its marks, as a reader sees it."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"(\*\*|__|`|\*)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    return " ".join(text.split())


def heading_text(block: Block) -> str:
    """The words of a heading."""
    heading = _HEADING.match(block.text)
    return plain_text(heading[2]) if heading else ""


def _groups(markdown: str) -> Iterator[list[str]]:
    """The lines of each block."""
    group: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        if fence:
            group.append(line)
            ends = _closes(fence, line)
        else:
            start = line.lstrip()[:1]
            fence = line if start in _FENCES and _FENCE.match(line) else ""
            ends = start == "#" and _HEADING.match(line) is not None
            if group and (fence or ends or not start):
                yield group
                group = []
            if start:
                group.append(line)
        if ends:
            yield group
            group, fence = [], ""
    if group:
        yield group


def _closes(opening: str, line: str) -> bool:
    fence, other = _FENCE.match(opening), line.strip()
    return fence is not None and other.startswith(fence[1]) and not other.strip(fence[1][0])


def _joined(lines: list[str]) -> list[str]:
    if len(lines) == 1:
        return [] if _EMPTY_ITEM.fullmatch(lines[0]) else lines
    joined: list[list[str]] = []
    ended = True
    for line in lines:
        if _EMPTY_ITEM.fullmatch(line):
            continue
        if ended or _STARTS_ITS_OWN_LINE.match(line):
            joined.append([line])
        else:
            joined[-1].append(line.strip() + ("  " if line.endswith("  ") else ""))
        ended = line.endswith(_BREAKS) or _FILLS_ITS_LINE.match(line) is not None
    return [" ".join(parts) for parts in joined]


def _block(lines: list[str]) -> Block:
    text = "\n".join(lines)
    if heading := _HEADING.match(text):
        return Block(Kind.HEADING, text, level=len(heading[1]))
    if _FENCE.match(text):
        return Block(Kind.CODE, text)
    if text.lstrip().startswith("|"):
        return Block(Kind.TABLE, text)
    if place_marked(text):
        return Block(Kind.PLACE, text)
    return Block(Kind.LIST if _LIST_ITEM.match(text) else Kind.TEXT, text)
