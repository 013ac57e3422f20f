"""Makes questions that a person might ask out of headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from agents.knowledge.topics import PageSummary, clean, is_topic, own_headings

_GERUND = re.compile(r"^([A-Z][a-z]{2,})ing\s+(\S.*)$")
_IMPERATIVE = re.compile(
    r"^(?!(?:What|How|Why|When|Where|Who|Which|Is|Are|In|On|At|By|For|From|To|With|Of|After|Before"
    r"|Inside|About|All|And|As)\b)[A-Z][a-z]+\s+(?:an?|the|your|one)\s+\S"
)
_HOW_TO = re.compile(r"^How to\s+(.+)$", re.IGNORECASE)
_CODE_OR_ACRONYM = re.compile(r"\S*(?:[A-Z]{2}|_|[a-z][A-Z]|\(\))\S*")
_PAGES_LOOKED_AT = 400


def starter_questions(
    pages: Sequence[PageSummary], vocabulary: Mapping[str, int], language: str, limit: int
) -> list[str]:
    """At most `limit` questions: headings that ask, then "How do I …?", then the largest pages.

    Args:
        vocabulary: how often each word occurs in the pages. It tells the verb of "Creating a
            Table" (create, not creat), and that Python is a name and Table is not.
        language: the pages' language. Sentences are built in English only; in any other
            language a heading itself becomes the question.
    """
    early = pages[:_PAGES_LOOKED_AT]
    headings = list(own_headings(early))
    largest = [clean(page.title) for page in sorted(early, key=lambda page: -page.chunks)]
    writer = _Writer(vocabulary)
    asked = _some(map(_as_it_stands, headings), limit // 2)
    if language not in ("", "en"):
        plain = (f"{topic.rstrip('.:?')}?" for topic in largest if is_topic(topic))
        return _some([*asked, *islice(plain, limit)], limit)
    built = _some(map(writer.how_do_i, headings), limit // 2)
    return _some([*asked, *built, *map(writer.what_about, largest)], limit)


def _some(questions: Iterable[str], limit: int) -> list[str]:
    """The first different ones that are not empty."""
    found: dict[str, str] = {}
    for question in questions:
        if question:
            found.setdefault(question.lower(), question)
        if len(found) == limit:
            break
    return list(found.values())


def _as_it_stands(heading: str) -> str:
    asks = heading.endswith(("?", "？")) and (len(heading.split()) > 2 or not heading.isascii())
    return heading[0].upper() + heading[1:] if asks else ""


@dataclass(frozen=True, slots=True)
class _Writer:
    vocabulary: Mapping[str, int]

    def how_do_i(self, heading: str) -> str:
        """A question for a heading that names an action; empty for any other."""
        heading = heading.rstrip(".:")
        if how_to := _HOW_TO.match(heading):
            return f"How do I {self._in_a_sentence(how_to[1])}?"
        if gerund := _GERUND.match(heading):
            verb = self._verb(gerund[1].lower())
            return f"How do I {verb} {self._in_a_sentence(gerund[2])}?" if verb else ""
        if _IMPERATIVE.match(heading):
            return f"How do I {self._in_a_sentence(heading)}?"
        return ""

    def what_about(self, topic: str) -> str:
        """A question for a heading that names a thing."""
        if not is_topic(topic) or topic.endswith("?"):
            return ""
        if _CODE_OR_ACRONYM.fullmatch(topic):
            return f"What is {topic}?"
        return f"What should I know about {self._in_a_sentence(topic)}?"

    def _verb(self, root: str) -> str:
        """The verb that the pages use: of `creat`, create; of `runn`, run; of `look`, look."""
        forms = [root, f"{root}e", *([root[:-1]] if root[-1] == root[-2] else [])]
        best = max(forms, key=lambda form: self.vocabulary.get(form, 0))
        return best if self.vocabulary.get(best, 0) else ""

    def _in_a_sentence(self, words: str) -> str:
        return " ".join(self._lowered(word) for word in words.split())

    def _lowered(self, word: str) -> str:
        """Title case is for titles: lower what the pages themselves write in lower case."""
        lower = word.lower()
        is_a_name = self.vocabulary.get(word, 0) > self.vocabulary.get(lower, 0)
        return word if is_a_name or not word[1:].islower() else lower
