"""Finds the statements of passages that bear on a question, and weighs them.

A statement counts for the question's terms that it holds, each by its rarity (the inverse
document frequency of BM25), and less for those of the term that it defines, of the headings above
it, and of its neighbours. What its form and its place say about its use as an answer is a small
bonus or malus on top.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agents.knowledge.blocks import Kind
from agents.knowledge.statements import Statement, statements, stem_line
from agents.knowledge.terms import STOP_WORDS

NEEDED_COVERAGE = 0.6
"""Of the question's rarity, held by a passage together with its headings."""
NEARLY_ALL = 0.8
"""The same where the passage only mentions what was asked for."""
TERM_SHARE = 0.8
"""What a term of the question counts for that stands in the term which a statement defines."""
HEADING_SHARE = 0.5
"""The same for the headings above a statement and above its columns."""
NEIGHBOUR_SHARE = 0.4
"""The same for the statements before and after it."""
FARTHER = 0.8
"""What a heading counts for against the one below it."""

_ASKS_FOR_CODE = re.compile(
    r"\b(how (do|can|to|would|should)|syntax|command|example|code|query|snippet)\b", re.IGNORECASE
)
_ASKS_FOR_NUMBER = re.compile(
    r"\b(how (many|much|large|big|small|long|often|old|fast|far|high)|maximum|minimum|default"
    r"|size|length|range|port|number|version|when|what value|year)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w-])\d")
_ABBREVIATION = re.compile(r"\(([A-Z]{2,})\)|\b([A-Z]{2,}) \([A-Z]")
_CONDITION = re.compile(r"(?:If|When|Unless|Whenever|While|Although)\b")
_DEFINES = re.compile(
    r"^([^.,:]{1,60}?)\s(?:(?:is|are)(?= (?:an?|the|any|one|simply|just|used|called|designed)\b)"
    r"|means|—|–|provides|lets|allows)\s"
)
_REFERS_ELSEWHERE = re.compile(
    r"^(?:\(|(?:This(?! (?:section|chapter|page|document|article|guide|module)\b)|These|It|They|That"
    r"|Such|Therefore|However|Otherwise|Thus|But|And|Also|Note|See|Like|Unlike|Similarly|Instead)\b)"
)
"""To the sentence before it, or to another thing that it compares with."""


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
        words, line = content_words(heading), stem_line(heading)
        if not words:
            return 0.0
        held = set("".join(term for term in self.weights if term in line).split())
        asked = sum(word in held for word in words) / len(words)
        return asked**2 * self.coverage(line)

    def news(self, statement: Statement) -> int:
        """How many of a statement's words the question does not hold."""
        return len(set(content_words(statement.text)) - set("".join(self.weights).split()))

    def abbreviation_in(self, text: str) -> bool:
        """Whether the text says what an abbreviation that was asked for is short for."""
        return any(f" {word.lower()} " in self.weights for word in _abbreviations(text))


def _abbreviations(text: str) -> list[str]:
    return ["".join(found) for found in _ABBREVIATION.findall(text)]


def content_words(text: str) -> list[str]:
    """The stems of the words that name something, without numbers."""
    words = stem_line(text).split()
    return [word for word in words if word not in STOP_WORDS and not word.isdigit()]


def gather(question: Question, sources: Sequence[Source]) -> Iterator[Evidence]:
    """The statements of every source that covers enough of the question.

    Code without any of its terms scores nothing, but may complete the sentence before it.
    """
    best = max((source.score for source in sources), default=0.0) or 1.0
    for number, source in enumerate(sources):
        path = (source.title, *source.heading_path)
        headings = stem_line(" ".join(path))
        if not question.is_covered(headings, stem_line(source.text)):
            continue
        of_source = 0.2 * source.score / best
        aim = _aim_of_path(question, path)
        row = statements(source.text)
        for position, statement in enumerate(row):
            place = _Place(question, row, position, headings)
            is_code = statement.kind is Kind.CODE
            if not (question.asks_for_code if is_code else place.own + place.named):
                continue
            score = 0.0
            if place.own + place.named:
                aims = (aim, question.aim(statement.heading), question.aim(statement.name))
                of_place = 0.4 * max(aims) / (1 + 0.2 * place.since)
                score = place.held + of_source + of_place + _form(question, place)
            yield Evidence(number, position, statement, score)


def _aim_of_path(question: Question, path: Sequence[str]) -> float:
    """How exactly the headings say what was asked for: the nearer ones count more."""
    near = list(dict.fromkeys(reversed(path)))
    return max(FARTHER**away * question.aim(heading) for away, heading in enumerate(near))


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement among the others of its passage."""

    question: Question
    row: Sequence[Statement]
    position: int
    headings: str

    @property
    def statement(self) -> Statement:
        return self.row[self.position]

    @property
    def following(self) -> Statement | None:
        return self.row[self.position + 1] if self.position + 1 < len(self.row) else None

    @property
    def own(self) -> float:
        return self.question.coverage(self.statement.stems)

    @property
    def named(self) -> float:
        """What the term that is defined adds."""
        line = self.statement.stems + stem_line(self.statement.term)
        return self.question.coverage(line) - self.own

    @property
    def held(self) -> float:
        """The part of the question that is held here, the less the farther away."""
        one = self.statement
        shares = (
            (1.0, one.stems),
            (TERM_SHARE if one.after_term < 4 else HEADING_SHARE, stem_line(one.term)),
            (HEADING_SHARE, self.headings + stem_line(" ".join((one.heading, *one.columns)))),
            (NEIGHBOUR_SHARE, "".join(other.stems for other in self._neighbours)),
        )
        held, before, line = 0.0, 0.0, ""
        for share, added in shares:
            line += added
            covered = self.question.coverage(line)
            held += share * (covered - before)
            before = covered
        return held

    @property
    def since(self) -> int:
        """How many statements stand before it under the same term and heading."""
        begin = self.position
        while begin and self._goes_on(self.row[begin - 1]):
            begin -= 1
        return self.position - begin

    @property
    def in_block(self) -> int:
        """How many statements stand before it in its paragraph, list or table."""
        begin = self.position
        while begin and self.row[begin - 1].block == self.statement.block:
            begin -= 1
        return self.position - begin

    @property
    def _neighbours(self) -> Sequence[Statement]:
        around = (self.position - 1, self.position + 1)
        inside = (self.row[place] for place in around if 0 <= place < len(self.row))
        return [other for other in inside if self._goes_on(other)]

    def _goes_on(self, other: Statement) -> bool:
        one = self.statement
        return (one.heading, one.term) == (other.heading, other.term)


def _form(question: Question, place: _Place) -> float:
    statement, following = place.statement, place.following
    leads_to_code = following is not None and following.kind is Kind.CODE
    subject = stem_line(" ".join(statement.stems.split()[:2]))
    defined = _DEFINES.match(statement.text)
    judgements = (
        (0.25 * question.aim(defined[1]) if defined else 0, True),
        (0.15, question.coverage(subject) > 0),
        (0.25, leads_to_code and question.asks_for_code),
        (0.2, question.abbreviation_in(statement.text)),
        (-0.05, _CONDITION.match(statement.text) is not None),
        (-0.2, _REFERS_ELSEWHERE.match(statement.text) is not None),
        (-0.3, statement.text.endswith("?") or statement.length < 4),
        (-0.15, question.news(statement) < 3),
        (0.15, question.asks_for_number and _NUMBER.search(statement.text) is not None),
        (-0.3, statement.text.endswith(":") and not leads_to_code),
        (-0.15, statement.length > 60),
        (-0.1, statement.kind is Kind.TABLE),
        (-0.02 * min(place.in_block, 5), True),
    )
    return sum(value for value, holds in judgements if holds)
