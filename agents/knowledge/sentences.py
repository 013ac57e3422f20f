"""Sentences of a text, found by their punctuation."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]*_`]*\s+(?=[\"'“‘«(\[*_`]*[^\W_a-z])|(?<=[。！？])")
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Fig|Sec|Inc|Ltd|approx|z\.B|bzw|ca|[A-Z])"
    r"|^\s*\d{1,3})\.$"
)
"""An abbreviation, an initial, or the number of a list's item."""


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, each exactly as it stands there, without outer blanks."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if not _NO_END.search(text[start : end.start()]):
            found.append(text[start : end.start()] + end[0].rstrip())
            start = end.end()
    found.append(text[start:])
    return [sentence.strip() for sentence in found if sentence.strip()]
