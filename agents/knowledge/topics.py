"""What a knowledge is about, read off its titles and headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(
    r"^(?:(?:chapter|part|section|appendix|step|kapitel|teil|chapitre|partie)\s+)?"
    r"(?:[0-9]+(?:\.[0-9]+)*|[A-Z](?:\.[0-9]+)+|[IVXLC]+|[A-Z])[.:)]\s+",
    re.IGNORECASE,
)
_MOST_PAGES_OF_A_TOPIC = 3
"""A heading on more pages than that ("Description", "See also") names a part, not a topic."""
_LONGEST_TOPIC = 70
_FEWEST_EARLY_PAGES = 30
_GENERIC = re.compile(
    r"(?:home|index\b.*|contents|overview|introduction|preface|search|glossary|bibliography|news"
    r"|pages? \d+(?:–\d+)?|references?|about|contact|imprint|see also|notes?|examples?|welcome"
    r"|legal notice"
    r"|.*\b(?:table of contents|documentation contents|module index|licen[sc]e|copyright"
    r"|privacy policy|release notes|changelog|what.s new)\b.*)[.:]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageSummary:
    """What describing an agent needs of one page.

    Args:
        headings: the different headings below the title, in order.
        opening: the beginning of its text, as Markdown; empty for a page far from the start.
        chunks: how many passages it has.
    """

    title: str
    description: str
    headings: tuple[str, ...]
    opening: str
    chunks: int


def topics(pages: Sequence[PageSummary], limit: int) -> list[str]:
    """The titles of the largest of the pages that were found first, in that order.

    A site's first links lead to what matters most; its largest pages are often appendices.
    """
    early = pages[: max(_FEWEST_EARLY_PAGES, len(pages) // 8)]
    sizes: dict[str, int] = {}
    for page in early:
        topic = clean(page.title)
        if is_topic(topic):
            sizes[topic] = max(page.chunks, sizes.get(topic, 0))
    largest = sorted(sizes, key=lambda topic: -sizes[topic])[:limit]
    return [topic for topic in sizes if topic in largest]


def own_headings(pages: Sequence[PageSummary]) -> Iterator[str]:
    """The titles and headings that name a topic, page by page, without their numbers."""
    seen_on = Counter(heading for page in pages for heading in set(page.headings))
    for page in pages:
        for heading in (page.title, *page.headings):
            topic = clean(heading)
            if seen_on[heading] <= _MOST_PAGES_OF_A_TOPIC and is_topic(topic):
                yield topic


def clean(heading: str) -> str:
    """A heading without its number: `25.1. Routine Vacuuming` is `Routine Vacuuming`."""
    return _NUMBER.sub("", heading).strip()


def is_topic(heading: str) -> bool:
    """Whether a heading, by its length and words, can name a topic at all."""
    return (
        3 <= len(heading) <= _LONGEST_TOPIC
        and any(character.isalpha() for character in heading)
        and "…" not in heading
        and "..." not in heading
        and _GENERIC.fullmatch(heading) is None
    )
