"""Finds the statements of passages that bear on a question, and weighs them.

A statement counts for the question's terms that it holds, each by its rarity (the inverse
document frequency of BM25), and less for those that stand near it: see `agents.knowledge.place`.
What its form says about its use as an answer is a small bonus or malus on top.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.knowledge.asked_question import Question
from agents.knowledge.blocks import Kind
from agents.knowledge.form import judged
from agents.knowledge.place import Above, Place
from agents.knowledge.statements import Statement, statements, stem_line

OF_SEARCH = 0.2
"""What it counts to stand in the passage that the search found first."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that the search found; `score` is the search's.

    `number` says where it stands: of two passages under the same headings, the one with the lower
    number comes first.
    """

    text: str
    title: str
    heading_path: tuple[str, ...]
    score: float
    number: int = 0

    @property
    def path(self) -> tuple[str, ...]:
        """The page's title and the headings below it."""
        return (self.title, *self.heading_path)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement of the source with that number, and how well it answers."""

    source: int
    position: int
    statement: Statement
    score: float


def gather(question: Question, sources: Sequence[Source]) -> Iterator[Evidence]:
    """The statements of every source that covers enough of the question.

    Code without any of its terms scores nothing, but may complete the sentence before it.
    """
    best = max((source.score for source in sources), default=0.0) or 1.0
    opening = _opening_passages(sources)
    for number, source in enumerate(sources):
        above = Above.read(question, source.path, is_opening=number in opening)
        if question.is_covered(above.line, stem_line(source.text)):
            row = statements(source.text)
            for place in (Place(question, above, row, position) for position in range(len(row))):
                if _may_answer(question, place):
                    form = judged(question, place.statement, place.following)
                    score = place.score + OF_SEARCH * source.score / best + form
                    fits = place.is_to_the_point
                    yield Evidence(number, place.position, place.statement, score if fits else 0.0)


def _may_answer(question: Question, place: Place) -> bool:
    is_code = place.statement.kind is Kind.CODE
    return question.asks_for_code if is_code else place.is_to_the_point


def _opening_passages(sources: Sequence[Source]) -> set[int]:
    """The sources that no other one under the same headings comes before."""
    first: dict[tuple[str, ...], int] = {}
    for at in sorted(range(len(sources)), key=lambda at: sources[at].number):
        first.setdefault(sources[at].path, at)
    return set(first.values())
