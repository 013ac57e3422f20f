"""Words of scripts that put no blanks between them: pairs of characters stand in for them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PAIRED = "\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Chinese and Japanese: a word has about two characters."""
_TRIPLED = "\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f"
"""Thai, Lao, Khmer and Burmese: a syllable has about three, vowel signs and tones included."""
_RUN = re.compile(f"([{_PAIRED}]+)|([{_TRIPLED}]+)")


def has_grams(text: str) -> bool:
    """Whether any of it is written without blanks."""
    return not text.isascii() and _RUN.search(text) is not None


def parts(word: str) -> list[str]:
    """A word as a search compares it: itself, or the grams of what is written without blanks."""
    if not has_grams(word):
        return [word]
    found, end = [], 0
    for run in _RUN.finditer(word):
        found += [word[end : run.start()], *_grams(run[0], 2 if run[1] else 3)]
        end = run.end()
    return [part for part in (*found, word[end:]) if part]


def grams_of(*texts: str) -> str | None:
    """The different grams of the texts for an index, with blanks between; None without any.

    Chinese and Japanese characters are there alone as well: many are a word.
    """
    if not any(map(has_grams, texts)):
        return None
    return " ".join(dict.fromkeys(gram for text in texts for gram in _all(text)))


def _all(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        yield from _grams(run[0], 2 if run[1] else 3)
        if run[1]:
            yield from run[0]


def _grams(run: str, size: int) -> list[str]:
    return [run[start : start + size] for start in range(max(1, len(run) - size + 1))]
