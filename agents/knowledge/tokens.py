"""Exact token counts, offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

_AT_ONCE = 50_000
"""Characters. The encoder takes 200,000 tokens at once, and a character may be four of them."""


@lru_cache(maxsize=1)
def _counter() -> Callable[[str], int]:
    """Loaded at the first count: it takes a second and 65 MB, and not every process counts.

    o200k is the vocabulary of the GPT-4o family. What the package offers for it lists the tokens
    in Python, which takes longer than to find them; its compiled part counts them.
    """
    # The import alone unpacks three vocabularies.
    from bpe_openai import _bindings

    count: Callable[[str], int] = _bindings.tokenizer_for_encoding("o200k_base").count
    return count


def count_tokens(text: str) -> int:
    """How many o200k tokens `text` has; special tokens in it count as ordinary text.

    Exact up to 50,000 characters. A longer text is counted in parts, which may add a token at each
    cut.
    """
    if len(text) <= _AT_ONCE:
        return _count(text)
    cuts = range(0, len(text), _AT_ONCE)
    return sum(_count(text[start : start + _AT_ONCE]) for start in cuts)


def count_joined(parts: Sequence[tuple[str, int]]) -> int:
    """How many tokens the texts have with a blank line between each two of them.

    No token goes on beyond a line's end unless blanks or a slash follow, and none holds a single
    blank but as its first character. So a blank line changes but the last word before it.

    Args:
        parts: each text with its own count.
    """
    tokens = sum(count for _, count in parts)
    for (text, count), (following, _) in pairwise(parts):
        if len(text) > _AT_ONCE or not following or following[0] == "/" or following[0].isspace():
            return count_tokens("\n\n".join(text for text, _ in parts))
        blank = text.rfind(" ")
        if blank > 0 and not text[blank - 1].isspace():
            tokens += _ended(text[blank:])
        else:
            tokens += count_tokens(f"{text}\n\n") - count
    return tokens


def _ended(word: str) -> int:
    """By how many tokens a blank line after it lengthens the last word of a text."""
    return _count(f"{word}\n\n") - _count(word)


def _count(text: str) -> int:
    try:
        return _counter()(text)
    except UnicodeEncodeError:
        # Half of a pair of UTF-16, which no text in UTF-8 holds.
        return _counter()(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
