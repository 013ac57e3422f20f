"""Ranks passages by the terms of a query: BM25 over fields of different weight.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). The
frequencies come from an index, which also says what holds a term; how often is counted here, so
every database ranks alike.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from agents.knowledge.grams import has_grams
from agents.knowledge.terms import NO_WORD, stem

TITLE, HEADINGS, TEXT = 6.0, 3.0, 1.0
"""What a word counts for in each field."""
SATURATION = 1.2
"""BM25's k1: how soon more of the same term counts no more."""
LENGTH = 0.75
"""BM25's b: how much of a passage's length is held against it."""

LONGEST_NAME = 80
"""Characters of a line that names what is below it."""

_LIKE_A_SENTENCE = (".", "!", "?", ":", ";", ",", "…", "。")
_LIKE_AN_ITEM = ("- ", "* ", "+ ", ">", "|", "```")
_BLANKS = re.compile(f"[{NO_WORD}]+")
_WORD = re.compile(f"[^{NO_WORD}]+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def rarity(frequency: int, total: int) -> float:
    """The inverse document frequency of a term that so many of all passages hold."""
    return math.log(1 + (max(total, frequency) - frequency + 0.5) / (frequency + 0.5))


def folded(text: str) -> str:
    """Lower case, and without accents."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFD", text)).lower()


@dataclass(frozen=True)
class Term:
    """Words that stand together, compared by their stems."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Term:
        return cls(tuple(folded(text).split()))

    def may_stand_in(self, text: str) -> bool:
        """Whether it is worth counting there."""
        for start in self._starts:
            if start not in text:
                return False
        return bool(self._starts)

    def count(self, text: str) -> int:
        """How often it stands in `text`, which is folded."""
        if not self.may_stand_in(text):
            return 0
        if self._is_gram:
            return text.count(self.words[0])
        found, start = 0, self._starts[0]
        at = text.find(start)
        while at >= 0:
            found += self._stands_at(at, text)
            at = text.find(start, at + 1)
        return found

    def _stands_at(self, at: int, text: str) -> bool:
        if at and not _BLANKS.match(text, at - 1):
            return False
        for stemmed, start in zip(self._stems, self._starts, strict=True):
            word = _WORD.match(text, at)
            if not word or not word[0].startswith(start) or stem(word[0]) != stemmed:
                return False
            blanks = _BLANKS.match(text, word.end())
            at = blanks.end() if blanks else len(text)
        return True

    @cached_property
    def _is_gram(self) -> bool:
        return len(self.words) == 1 and has_grams(self.words[0])

    @cached_property
    def _stems(self) -> tuple[str, ...]:
        return tuple(map(stem, self.words))

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        return tuple(map(_start, self._stems))


def _start(stemmed: str) -> str:
    """What every form of the word begins with. Porter's stems may end in letters of their own:
    `queri` is the stem of `query`, `hope` that of `hoping`."""
    return stemmed[:-1] if len(stemmed) > 2 and stemmed[-1] in "ei" else stemmed


class Ranking:
    """The scores of passages for one query.

    Args:
        rarities: of the query's terms.
        mean_length: of the passages, in characters.
    """

    def __init__(self, rarities: Mapping[str, float], mean_length: float) -> None:
        self._terms = [(text, Term.of(text), weight) for text, weight in rarities.items()]
        self._mean_length = mean_length or 1.0

    def score(self, title: str, headings: str, text: str, held: Set[str]) -> float:
        """How well a passage fits.

        Args:
            held: terms that the index has found in it, perhaps by forms that are unknown here.
        """
        passage = _Folded.of(title, headings, text)
        damped = SATURATION * (1 - LENGTH + LENGTH * len(passage.whole) / self._mean_length)
        score = 0.0
        for name, term, weight in self._terms:
            count = passage.count(term) or (TEXT if name in held else 0.0)
            score += weight * count * (SATURATION + 1) / (count + damped)
        return score


@dataclass(frozen=True, slots=True)
class _Folded:
    """A passage's fields, folded, with what a term counts for in each."""

    whole: str
    fields: Sequence[tuple[float, str]]

    @classmethod
    def of(cls, title: str, headings: str, text: str) -> _Folded:
        fields = [(TITLE, folded(title)), (HEADINGS, folded(headings)), (TEXT, folded(text))]
        whole = "\n".join(value for _, value in fields)
        return cls(whole, [*fields, (HEADINGS - TEXT, folded("\n".join(_names(text))))])

    def count(self, term: Term) -> float:
        if not term.may_stand_in(self.whole):
            return 0.0
        return sum(of_field * term.count(value) for of_field, value in self.fields)


def _names(text: str) -> list[str]:
    """Headings within a passage, and terms above what is said of them: lines without an end."""
    return [
        block
        for block in text.split("\n\n")[:-1]
        if len(block) <= LONGEST_NAME
        and not block.endswith(_LIKE_A_SENTENCE)
        and not block.startswith(_LIKE_AN_ITEM)
    ]
