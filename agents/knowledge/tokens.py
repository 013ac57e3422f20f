"""Exact token counts, offline."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_AT_ONCE = 50_000
"""Characters. The encoder takes 200,000 tokens at once, and a character may be four of them."""


@lru_cache(maxsize=1)
def _encoding() -> Any:
    """Loaded at the first count: it takes a second and 65 MB, and not every process counts.

    o200k is the vocabulary of the GPT-4o family.
    """
    # The import alone unpacks three vocabularies.
    import bpe_openai

    return bpe_openai.get_encoding("o200k_base")


def count_tokens(text: str) -> int:
    """How many o200k tokens `text` has; special tokens in it count as ordinary text.

    Exact up to 50,000 characters. A longer text is counted in parts, which may add a token at each
    cut.
    """
    encode = _encoding().encode_ordinary
    cuts = range(0, len(text), _AT_ONCE)
    return sum(len(encode(text[start : start + _AT_ONCE])) for start in cuts)
