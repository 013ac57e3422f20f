"""A question as answers are weighed against it: its terms, how rare they are, what it asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from agents.knowledge.statements import stem_line
from agents.knowledge.terms import STOP_WORDS

NEEDED_COVERAGE = 0.6
"""Of the question's rarity, held by a passage together with its headings."""
NEARLY_ALL = 0.8
"""The same where the passage only mentions what was asked for."""

_ASKS_WHAT_IT_IS = re.compile(
    r"\s*(?:what(?:'s|\s+is|\s+are)\s+(?:an?\s)?|define\s)", re.IGNORECASE
)
_ASKS_FOR_CODE = re.compile(
    r"\b(how (do|can|to|would|should)|syntax|command|example|code|query|snippet)\b", re.IGNORECASE
)
_ASKS_FOR_NUMBER = re.compile(
    r"\b(how (many|much|large|big|small|long|often|old|fast|far|high)|maximum|minimum|default"
    r"|size|length|range|port|number|version|when|what value|year)\b",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"\(([A-Z]{2,})\)|\b([A-Z]{2,}) \([A-Z]")
"""In brackets after its words, or with them in brackets after it."""


@dataclass(frozen=True)
class Question:
    """A question, and how rare each of its terms is among all passages."""

    text: str
    weights: Mapping[str, float]

    @classmethod
    def read(cls, text: str, frequencies: Mapping[str, int], total: int) -> Question:
        """The question in a knowledge of `total` passages, so many of which hold each term."""
        return cls(
            text,
            {
                stem_line(term): math.log(1 + (total - found + 0.5) / (found + 0.5))
                for term, found in frequencies.items()
            },
        )

    @cached_property
    def asks_what_it_is(self) -> bool:
        return _ASKS_WHAT_IT_IS.match(self.text) is not None and not self.asks_for_number

    @cached_property
    def asks_for_number(self) -> bool:
        return _ASKS_FOR_NUMBER.search(self.text) is not None

    @cached_property
    def asks_for_code(self) -> bool:
        return _ASKS_FOR_CODE.search(self.text) is not None

    def coverage(self, line: str) -> float:
        """The part of the question, by rarity, that a line of stems holds: 0 to 1."""
        everything = sum(self.weights.values())
        held = sum(weight for term, weight in self.weights.items() if term in line)
        return held / everything if everything else 0.0

    def is_covered(self, headings: str, text: str) -> bool:
        """Whether a passage holds enough of the question to answer it.

        Of two terms, one alone is enough only where it is what the passage is about.
        """
        covered = self.coverage(headings + text)
        about = len(self.weights) > 2 or self.coverage(headings) > 0
        return covered >= (NEEDED_COVERAGE if about else NEARLY_ALL)

    def aim(self, heading: str) -> float:
        """How exactly a heading says what was asked for: 0 to 1.

        It is less for words that were not asked for, and for what it lacks of the question.
        """
        words, line = _content_words(heading), stem_line(heading)
        if not words:
            return 0.0
        held = set("".join(term for term in self.weights if term in line).split())
        asked = sum(word in held for word in words) / len(words)
        return asked**2 * self.coverage(line)

    def news_in(self, text: str) -> int:
        """How many words that name something the text holds and the question does not."""
        return len(set(_content_words(text)) - set("".join(self.weights).split()))

    def spelt_out_in(self, text: str) -> bool:
        """Whether the text says what an abbreviation that was asked for is short for."""
        found = ("".join(groups) for groups in _ABBREVIATION.findall(text))
        return any(f" {word.lower()} " in self.weights for word in found)


def _content_words(text: str) -> list[str]:
    """The stems of the words that name something, without numbers."""
    words = stem_line(text).split()
    return [word for word in words if word not in STOP_WORDS and not word.isdigit()]
