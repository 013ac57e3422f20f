"""Where a statement stands: what the lines above it and its neighbours say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from agents.knowledge.asked_question import Question
from agents.knowledge.statements import Statement, stem_line

TERM_SHARE = 0.8
"""What a term of the question counts for that stands in the term which a statement defines. It
counts in full for those who ask what a thing is."""
REACH = 4
"""Blocks after its term up to which a statement certainly defines it."""
HEADING_SHARE = 0.5
"""As `TERM_SHARE`, for the headings above a statement, above its columns, and terms farther up."""
NEIGHBOUR_SHARE = 0.4
"""The same for the statements before and after it."""

EXACTLY_BELOW = 0.4
"""What it counts to stand under exactly what was asked for."""
FARTHER = 0.8
"""What a heading counts for against the one below it."""
LATER = 0.2
"""How much less it counts with each statement that stands in between."""
GOES_ON = 3
"""Statements that stand in between, at the least, in a passage that goes on with a section."""
NOT_FIRST = 0.02
"""What each statement before it in its paragraph takes away, up to five."""


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above a whole passage.

    Args:
        line: the stems of the page's title and the headings.
        aim: how exactly they say what was asked for, the nearer ones more; 0 to 1.
        is_opening: whether their section begins with this passage, as far as anybody knows.
    """

    line: str
    aim: float
    is_opening: bool

    @classmethod
    def read(cls, question: Question, path: Sequence[str], *, is_opening: bool) -> Above:
        near = dict.fromkeys(reversed(path))
        aims = (FARTHER**away * question.aim(one) for away, one in enumerate(near))
        return cls(stem_line(" ".join(path)), max(aims, default=0.0), is_opening)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one statement in the row of all those of its passage."""

    question: Question
    above: Above
    row: Sequence[Statement]
    position: int

    @property
    def statement(self) -> Statement:
        return self.row[self.position]

    @property
    def following(self) -> Statement | None:
        return self.row[self.position + 1] if self.position + 1 < len(self.row) else None

    @property
    def is_to_the_point(self) -> bool:
        """Whether the statement, or the term that it defines, holds any of the question."""
        return self.question.coverage(self.statement.line) > 0

    @property
    def score(self) -> float:
        """How much of the question is held here, and how exactly it was asked for: 0 to 1.4."""
        return self._held + EXACTLY_BELOW * self._aim - NOT_FIRST * min(self._in_block, 5)

    @property
    def _held(self) -> float:
        """The part of the question that is held here, what is farther away for less."""
        one = self.statement
        lines = (
            (1.0, one.stems),
            (self._term_share, stem_line(one.term)),
            (HEADING_SHARE, self.above.line + stem_line(" ".join((one.heading, *one.columns)))),
            (NEIGHBOUR_SHARE, "".join(other.stems for other in self._neighbours)),
        )
        held, before, line = 0.0, 0.0, ""
        for share, added in lines:
            line += added
            covered = self.question.coverage(line)
            held += share * (covered - before)
            before = covered
        return held

    @property
    def _term_share(self) -> float:
        if self.statement.after_term >= REACH:
            return HEADING_SHARE
        return 1.0 if self.question.asks_what_it_is else TERM_SHARE

    @property
    def _aim(self) -> float:
        one = self.statement
        is_named = bool(one.heading or one.term)
        between = self._in_section + (0 if is_named or self.above.is_opening else GOES_ON)
        aims = (self.above.aim, self.question.aim(one.heading), self.question.aim(one.name))
        return max(aims) / (1 + LATER * between)

    @property
    def _in_section(self) -> int:
        """How many statements stand before it under the same term and heading."""
        return self._before(self._goes_on)

    @property
    def _in_block(self) -> int:
        """How many statements stand before it in its paragraph, list or table."""
        return self._before(lambda other: other.block == self.statement.block)

    def _before(self, belongs: Callable[[Statement], bool]) -> int:
        return sum(1 for _ in takewhile(belongs, reversed(self.row[: self.position])))

    @property
    def _neighbours(self) -> Iterator[Statement]:
        around = (self.position - 1, self.position + 1)
        inside = (self.row[place] for place in around if 0 <= place < len(self.row))
        return filter(self._goes_on, inside)

    def _goes_on(self, other: Statement) -> bool:
        one = self.statement
        return (one.heading, one.term) == (other.heading, other.term)
