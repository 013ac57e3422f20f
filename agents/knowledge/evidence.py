"""Finds the statements of passages that bear on a question, and weighs them.

A statement counts for the question's terms that it holds, each by its rarity (the inverse
document frequency of BM25), and for standing under headings that hold them. What the form of a
statement says about its use as an answer is a small bonus or malus on top.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.knowledge.blocks import Kind
from agents.knowledge.statements import Statement, statements, stem_line

NEEDED_COVERAGE = 0.52
"""Of the question's rarity, held by a passage together with its headings."""
HEADING_SHARE = 0.5
"""What a term counts for that stands in the headings above a statement, not in it."""

_ASKS_FOR_CODE = re.compile(
    r"\b(how (do|can|to|would|should)|syntax|command|example|code|query|snippet)\b", re.IGNORECASE
)
_DEFINES = re.compile(r"^[^.,:]{1,60}?\s(?:is|are|means|—|–|provides|lets|allows)\s")
_REFERS_BACK = re.compile(
    r"^(?:\(|(?:This|These|It|They|That|Such|Therefore|However|Otherwise|Thus|But|And|Note)\b)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that the search found; `score` is the search's."""

    text: str
    title: str
    heading_path: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement of the source with that number, and how well it answers."""

    source: int
    position: int
    statement: Statement
    score: float


@dataclass(frozen=True, slots=True)
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

    @property
    def asks_for_code(self) -> bool:
        return _ASKS_FOR_CODE.search(self.text) is not None

    def coverage(self, line: str) -> float:
        """The part of the question, by rarity, that a line of stems holds: 0 to 1."""
        everything = sum(self.weights.values())
        held = sum(weight for term, weight in self.weights.items() if term in line)
        return held / everything if everything else 0.0

    def aim(self, heading: str) -> float:
        """The part of a heading's own words that were asked for: 0 to 1."""
        words = [word for word in stem_line(heading).split() if not word.isdigit()]
        asked = set(" ".join(self.weights).split())
        return sum(word in asked for word in words) / len(words) if words else 0.0


def gather(question: Question, sources: Sequence[Source]) -> Iterator[Evidence]:
    """The statements of every source that covers enough of the question.

    Code without any of its terms scores nothing, but may complete the sentence before it.
    """
    best = max((source.score for source in sources), default=0.0) or 1.0
    for number, source in enumerate(sources):
        path = (source.title, *source.heading_path)
        headings = stem_line(" ".join(path))
        if question.coverage(headings + stem_line(source.text)) < NEEDED_COVERAGE:
            continue
        of_source = 0.2 * source.score / best + 0.3 * max(map(question.aim, path))
        for position, (statement, following) in enumerate(_with_next(statements(source.text))):
            own = question.coverage(statement.stems)
            is_code = statement.kind is Kind.CODE
            if not (question.asks_for_code if is_code else own):
                continue
            above = question.coverage(statement.stems + headings) - own
            form = _form(question, statement, following) - 0.02 * min(position, 5)
            score = own + HEADING_SHARE * above + of_source + form if own else 0.0
            yield Evidence(number, position, statement, score)


def _with_next(row: Sequence[Statement]) -> Iterator[tuple[Statement, Statement | None]]:
    return zip(row, [*row[1:], None], strict=False)


def _form(question: Question, statement: Statement, following: Statement | None) -> float:
    leads_to_code = following is not None and following.kind is Kind.CODE
    subject = stem_line(" ".join(statement.stems.split()[:2]))
    judgements = (
        (0.15, _DEFINES.match(statement.text) is not None),
        (0.15, question.coverage(subject) > 0),
        (0.25, leads_to_code and question.asks_for_code),
        (-0.2, _REFERS_BACK.match(statement.text) is not None),
        (-0.3, statement.text.endswith("?") or statement.length < 4),
        (-0.3, statement.text.endswith(":") and not leads_to_code),
        (-0.15, statement.length > 60),
        (-0.2, statement.kind is Kind.TABLE),
    )
    return sum(value for value, holds in judgements if holds)
