"""Spellings that a word may have been meant to have: those one slip of the fingers away."""

from __future__ import annotations

from collections.abc import Iterator

_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "αβγδεζηθικλμνξοπρστυφχψως",
)
MOST_LETTERS = 20
"""Of a longer word there would be too many spellings to look up."""


def spellings(word: str) -> list[str]:
    """What `word`, in lower case, becomes when one letter is left out, doubled, exchanged for
    another, or changes places with the next one. The first letter stays: people seldom miss it.

    It is empty for what is no word of letters alone, such as a code.
    """
    letters = next((letters for letters in _ALPHABETS if word[:1] in letters), "")
    if not letters or len(word) > MOST_LETTERS or not word.isalpha():
        return []
    return list(dict.fromkeys(other for other in _changed(word, letters) if other != word))


def _changed(word: str, letters: str) -> Iterator[str]:
    for place in range(1, len(word)):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        yield before + after
        if after:
            yield before + after[0] + letter + after[1:]
        for other in letters:
            yield before + other + after
            yield before + other + letter + after
    for other in letters:
        yield word + other
