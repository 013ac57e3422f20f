"""Keeps a project's secrets out of what its program prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from tasks.masking import MASK, mask

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
        parts = "|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))
        self._pattern = re.compile(parts) if parts else None

    def text(self, text: str) -> str:
        """The text without them."""
        return self._pattern.sub(MASK, text) if self._pattern else text

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
