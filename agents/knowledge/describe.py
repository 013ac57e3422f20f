"""Writes an agent's name, description, system prompt and starter questions.

`Describer` is the seam for a language model: the setting `AGENTFORGE_DESCRIBER` names the class.
The default needs none and no network: it is extractive, so it says nothing that the pages do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.knowledge.questions import starter_questions
from agents.knowledge.summary import summarise
from agents.knowledge.topics import PageSummary, clean, topics

LONGEST_NAME = 120
_TOPICS = 12
_SENTENCES = 3
_QUESTIONS = 6

_PROMPT = """\
You are "{name}", an assistant that answers questions from its own knowledge.

{about}

Your knowledge holds {pages} in {chunks}. Its main topics:
{topics}

Rules:
- Answer only from your knowledge. Do not guess, and add nothing from elsewhere.
- Cite the page and heading of every statement, and quote commands and code exactly.
- If your knowledge does not hold the answer, say that you do not know.
- Answer in the language of the question, briefly first, then in as much detail as it needs.
"""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What an agent knows, in the order in which it was found.

    Args:
        name: the agent's name as its owner gave it, or empty.
        language: that of most pages, a two-letter code or empty.
    """

    name: str
    language: str
    pages: Sequence[PageSummary]


@dataclass(frozen=True, slots=True)
class Description:
    """Who an agent is."""

    name: str
    description: str
    system_prompt: str
    starter_questions: list[str]


class Describer(Protocol):
    """Describes an agent by its knowledge, the same way each time for the same knowledge."""

    def describe(self, knowledge: Knowledge) -> Description:
        """The description; a name that was given stays."""
        ...


class ExtractiveDescriber:
    """Describes an agent with its own sentences and headings."""

    def describe(self, knowledge: Knowledge) -> Description:
        pages = knowledge.pages
        name = knowledge.name or default_name(pages)
        about = _about(name, pages)
        return Description(
            name=name,
            description=about,
            system_prompt=_prompt(name, about, pages),
            starter_questions=starter_questions(
                pages, _vocabulary(pages), knowledge.language, _QUESTIONS
            ),
        )


def default_name(pages: Sequence[PageSummary]) -> str:
    """The title of the first page, which is where its owner pointed."""
    title = clean(pages[0].title) if pages else ""
    return title[:LONGEST_NAME].strip() or "Agent"


def _about(name: str, pages: Sequence[PageSummary]) -> str:
    found = summarise(name, pages, _SENTENCES)
    if found:
        return " ".join(found)
    return f"{name}: {', '.join(topics(pages, _TOPICS // 2)) or 'no more is known'}."


def _prompt(name: str, about: str, pages: Sequence[PageSummary]) -> str:
    return _PROMPT.format(
        name=name,
        about=about,
        pages=_counted(len(pages), "page"),
        chunks=_counted(sum(page.chunks for page in pages), "passage"),
        topics="\n".join(f"- {topic}" for topic in topics(pages, _TOPICS) or [name]),
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _vocabulary(pages: Sequence[PageSummary]) -> Counter[str]:
    return Counter(word.strip(".,:;()`*\"'") for page in pages for word in page.opening.split())
