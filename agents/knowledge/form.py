"""What the form of a statement says about its use as an answer."""

from __future__ import annotations

import re

from agents.knowledge.asked_question import Question
from agents.knowledge.blocks import Kind
from agents.knowledge.statements import Statement, stem_line

SHORT = 4
LONG = 60
"""Words of a statement: fewer than the one say nothing, more than the other too much."""
LITTLE_NEWS = 3
"""Words beside those of the question: fewer repeat it."""

_NUMBER = re.compile(r"(?<![\w-])\d")
_CONDITION = re.compile(r"(?:If|When|Unless|Whenever|While|Although)\b")
_DEFINES = re.compile(
    r"^([^.,:]{1,60}?)\s(?:(?:is|are)(?= (?:an?|the|any|one|simply|just|used|called|designed)\b)"
    r"|means|—|–|provides|lets|allows)\s"
)
_REFERS_ELSEWHERE = re.compile(
    r"^(?:\(|(?:This(?! (?:section|chapter|page|document|article|guide|module)\b)|These|It|They"
    r"|That|Such|Therefore|However|Otherwise|Thus|But|And|Also|Note|See|Like|Unlike|Similarly"
    r"|Instead)\b)"
)
"""To the sentence before it, or to another thing that it compares with."""


def judged(question: Question, statement: Statement, following: Statement | None) -> float:
    """A bonus, or a malus below zero, of the size of a part of the question.

    Args:
        following: the next statement of the passage.
    """
    leads_to_code = following is not None and following.kind is Kind.CODE
    subject = stem_line(" ".join(statement.stems.split()[:2]))
    defined = _DEFINES.match(statement.text)
    judgements = (
        (0.15, question.coverage(subject) > 0),
        (0.15, question.asks_for_number and _NUMBER.search(statement.text) is not None),
        (0.2, question.spelt_out_in(statement.text)),
        (0.25, leads_to_code and question.asks_for_code),
        (-0.05, _CONDITION.match(statement.text) is not None),
        (-0.1, statement.kind is Kind.TABLE),
        (-0.15, statement.length > LONG),
        (-0.15, question.news_in(statement.text) < LITTLE_NEWS),
        (-0.2, _REFERS_ELSEWHERE.match(statement.text) is not None),
        (-0.2, _only_lists(statement)),
        (-0.3, statement.text.endswith("?") or statement.length < SHORT),
        (-0.3, statement.text.endswith(":") and not leads_to_code),
    )
    of_definition = 0.25 * question.aim(defined[1]) if defined else 0.0
    return of_definition + sum(value for value, holds in judgements if holds)


def _only_lists(statement: Statement) -> bool:
    """Whether it says little more than many names."""
    return statement.text.count(",") * 3 > statement.length > LITTLE_NEWS * SHORT
