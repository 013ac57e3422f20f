"""Keeps a project's secrets out of what its program prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from tasks.masking import MASK, mask
from tasks.programs.lines import CUT

SHORTEST = 6
"""Characters. A shorter value is no secret, and would make holes in innocent words."""


class Hidden:
    """Certain values that nobody is to see.

    Args:
        values: what they are.
    """

    def __init__(self, values: Iterable[str]) -> None:
        # What a program prints is looked at line by line.
        lines = {line.strip() for value in values for line in value.splitlines()}
        spellings = {text for line in filter(_is_long_enough, lines) for text in _spellings(line)}
        self._longest_first = sorted(spellings, key=len, reverse=True)
        parts = "|".join(map(re.escape, self._longest_first))
        self._pattern = re.compile(parts) if parts else None

    def text(self, text: str) -> str:
        """The text without them."""
        shown = self._pattern.sub(MASK, text) if self._pattern else text
        return self._without_part(shown.removesuffix(CUT)) + CUT if shown.endswith(CUT) else shown

    def _without_part(self, text: str) -> str:
        """A line that was cut, without the first part of a value that the cut went through."""
        text = text.rstrip("\ufffd")  # Of a character that it went through.
        for spelling in self._longest_first:
            for length in range(len(spelling) - 1, SHORTEST - 1, -1):
                if text.endswith(spelling[:length]):
                    return text[:-length] + MASK
        return text

    def masked(self, lines: Sequence[str]) -> list[str]:
        """The lines without them, and without what looks like a secret."""
        return [mask(self.text(line)) for line in lines]


def _spellings(line: str) -> Iterator[str]:
    """As it is, and as JSON writes it: what is read out of a line of JSON is what it was again."""
    yield line
    for is_ascii in (True, False):
        yield json.dumps(line, ensure_ascii=is_ascii)[1:-1]


def _is_long_enough(line: str) -> bool:
    return len(line) >= SHORTEST
