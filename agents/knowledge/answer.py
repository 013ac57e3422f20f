"""Answers a question with the sentences of its sources that fit best, and quotes them exactly.

Where even the best passage covers too little of the question, the answer is that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.knowledge.asked_question import Question
from agents.knowledge.blocks import Kind
from agents.knowledge.evidence import Evidence, Source, gather
from agents.knowledge.links import without_links
from agents.knowledge.statements import Statement, cells

UNKNOWN = "I do not know: nothing in my knowledge answers this."
MOST_STATEMENTS = 4

CONTINUES = 0.6
"""Of the best statement's score: the next one of its passage that reaches it goes on with it."""
ADDS = 0.85
"""The same for a statement that holds terms of the question which those before it do not."""
REPEATS = 0.6
"""The part of a statement's words that makes it a repetition of another."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the source with that number, exactly as they stand in its text."""

    source: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and what it rests on; without quotes it is `UNKNOWN`."""

    text: str
    quotes: tuple[Quote, ...] = ()


def answer(
    question: str, sources: Sequence[Source], frequencies: Mapping[str, int], total: int
) -> Found:
    """One to four statements out of `sources` that answer `question`.

    Args:
        sources: the passages found, best first.
        frequencies: in how many passages of all each term of the question occurs.
        total: how many passages there are.
    """
    asked = Question.read(question, frequencies, total)
    found = list(gather(asked, sources))
    if not any(one.score > 0 for one in found):
        return Found(UNKNOWN)
    chosen = _choose(asked, found)
    return Found(
        _joined(asked, chosen), tuple(Quote(one.source, one.statement.text) for one in chosen)
    )


def _choose(question: Question, found: Sequence[Evidence]) -> list[Evidence]:
    """The best statement, what follows on it, and others that say of what else was asked for."""
    ranked = sorted(found, key=lambda one: (-one.score, one.source, one.position))
    best = ranked[0]
    chosen = [best, *_continuation(best, found)]
    for one in ranked[1:]:
        if len(chosen) >= MOST_STATEMENTS or one.score < ADDS * best.score:
            break
        if _adds(question, one, chosen) and not _repeats(one, chosen):
            chosen.append(one)
    return chosen


def _adds(question: Question, one: Evidence, chosen: Sequence[Evidence]) -> bool:
    line = "".join(other.statement.line for other in chosen)
    more = question.coverage(line + one.statement.line) - question.coverage(line)
    return more > 0 and not one.statement.text.endswith(":")


def _continuation(best: Evidence, found: Sequence[Evidence]) -> Iterator[Evidence]:
    for one in found:
        if one.source == best.source and one.position == best.position + 1:
            promised = best.statement.text.endswith(":") or one.statement.kind is Kind.CODE
            if promised or one.score >= CONTINUES * best.score:
                yield one


def _repeats(one: Evidence, chosen: Sequence[Evidence]) -> bool:
    words = set(one.statement.stems.split())
    others = (set(other.statement.stems.split()) for other in chosen)
    return any(len(words & other) > REPEATS * min(len(words), len(other)) for other in others)


def _joined(question: Question, chosen: Sequence[Evidence]) -> str:
    text, term = "", ""
    for statement in (one.statement for one in chosen):
        is_code = statement.kind is Kind.CODE
        gap = "\n\n" if is_code or text.endswith("```") else " "
        name = "" if is_code or statement.term == term else _name(question, statement)
        text += gap + name + (statement.text if is_code else _as_sentence(statement))
        term = statement.term
    return text.strip()


def _name(question: Question, statement: Statement) -> str:
    """The term that the statement is about, where it was asked for."""
    is_asked_for = statement.term and question.aim(statement.name)
    return f"{statement.term}: " if is_asked_for else ""


def _as_sentence(statement: Statement) -> str:
    text = without_links(statement.text)
    if statement.kind is Kind.TABLE:
        text = _row(cells(text), statement.columns)
    return text if text.endswith((".", "!", "?", ":", "。")) else f"{text}."


def _row(row: Sequence[str], columns: Sequence[str]) -> str:
    """The cells with the heads of their columns, which say little where there are but two."""
    first, *others = row
    heads = columns[1:] if len(columns) == len(row) > 2 else [""] * len(others)
    told = [
        f"{head}: {cell}" if head else cell
        for head, cell in zip(heads, (other.rstrip(".") for other in others), strict=True)
        if cell
    ]
    return f"{first}: {'; '.join(told)}" if told else first
