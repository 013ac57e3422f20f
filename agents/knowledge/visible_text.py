"""What a reader sees of a line of Markdown."""

from __future__ import annotations

import re

from agents.knowledge.links import without_links

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_ASIDE = "\ufdd0"
"""Stands for code meanwhile: a noncharacter, which no text may hold."""
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_EMPHASIS = re.compile(r"(?<![\w\\*])(\*{1,3}|~~|==)(?=\S)(.+?)(?<=\S)\1")
_STRAY = re.compile(r"\*\*")
"""Marks whose other half is in another sentence."""
_ESCAPE = re.compile(r"\\([#.|+>)-])")
"""What `agents.knowledge.render` escapes, of what would be a mark otherwise."""


def visible_text(markdown: str) -> str:
    """The text without marks, links' targets and images; blanks become single ones.

    Code keeps what looks like a mark, and may stand within emphasis.
    """
    codes: list[str] = []

    def put_aside(code: re.Match[str]) -> str:
        codes.append(code[2])
        return _ASIDE

    text = _prose(_CODE.sub(put_aside, without_links(markdown)))
    for code in codes:
        text = text.replace(_ASIDE, code, 1)
    return " ".join(text.split())


def _prose(markdown: str) -> str:
    text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", _IMAGE.sub("", markdown)))
    return _ESCAPE.sub(r"\1", _STRAY.sub("", text))
