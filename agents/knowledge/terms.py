"""The words of a question or a text, as a search compares them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import snowballstemmer

from agents.knowledge.grams import has_grams, parts
from agents.knowledge.words import word_set

NO_WORD = (
    r"\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf"
    r"\u2000-\u206f\u3000-\u303f"
)
"""Blanks and punctuation. Not `\\W`: in Hindi or Thai a vowel sign is a mark, not a letter."""
_WORD = f"[^{NO_WORD}]+"
_TERM = re.compile(rf"{_WORD}(?:[-_.:/]+{_WORD})*")
_WORDS = re.compile(_WORD)

_CONTRACTED = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|had|would|could|should|must)n['’]t\b"
    r"|\b(?:can|won)['’]t\b|(?<=[a-z])['’](?:s|re|ve|ll|d|m)\b"
)
"""What English contracts: words that only ask, and whose something is."""

MOST_TERMS = 32
"""Of a longer query, the first so many different terms count."""

STOP_WORDS = word_set(
    """a about against an and any are as at be been between but by can could did do does for from
    had has have how i if in into is it its me mean means my of on or our please should so some tell
    than that the their them then there these they this those to us versus vs was we were what when
    where which who whom whose why will with would you your"""
)
"""English words that ask rather than name. In other languages rarity alone does their work."""

_porter = snowballstemmer.stemmer("porter")


def query_terms(query: str) -> list[str]:
    """The different terms of `query` in order, lower case, each one or more words.

    `pg_stat_activity` and `--max-old-space-size` are one term each: their words stand together.
    A text in Chinese or Thai, which have no blanks between words, is its pairs or triples of
    characters. Words that ask rather than name are left out, unless there is nothing else.
    """
    text = _CONTRACTED.sub("", unicodedata.normalize("NFC", query).lower())
    found = (" ".join(_WORDS.findall(term)) for term in _TERM.findall(text))
    terms = list(dict.fromkeys(part for term in found for part in _parts_of_term(term)))
    return ([term for term in terms if term not in STOP_WORDS] or terms)[:MOST_TERMS]


def _parts_of_term(term: str) -> list[str]:
    """What is written without blanks does not stand together: its grams are terms of their own."""
    return [part for word in term.split() for part in parts(word)] if has_grams(term) else [term]


def stems(text: str) -> Iterator[str]:
    """The stem of each word of `text` in order, by Porter's algorithm like the index."""
    words = _WORDS.findall(unicodedata.normalize("NFC", text).lower())
    return map(stem, chain.from_iterable(map(parts, words)) if has_grams(text) else words)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of one lower-case word. Two letters have no ending, as the indexes have it, too."""
    return str(_porter.stemWord(word)) if len(word) > 2 else word
