"""Picks the sentences of some pages that say best what all of them are about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.knowledge.blocks import Kind, blocks, plain_text
from agents.knowledge.links import without_links
from agents.knowledge.sentences import sentences
from agents.knowledge.terms import STOP_WORDS, stems
from agents.knowledge.topics import PageSummary

_FEWEST_WORDS = 6
_MOST_WORDS = 45
_PAGES_READ = 60
_SENTENCES_OF_A_PAGE = 4
_IS = re.compile(
    r"\s(?:is|are|provides|describes|explains|covers|turns|lets|helps|offers"
    r"|ist|sind|est|sont|es|son|è|sono|é|são)\s"
)
_DEPENDS_ON_CONTEXT = re.compile(
    r"^(?:This|These|It|They|That|Such|Therefore|However|See|Note|For example|If|When|But|And)\b"
)
_NAMES_OF_DOCUMENTS = frozenset(stems("documentation docs guide manual handbook website home help"))


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    stems: frozenset[str]
    score: float


def summarise(name: str, pages: Sequence[PageSummary], limit: int) -> list[str]:
    """At most `limit` sentences, the most telling first.

    A sentence is telling if it says what the thing called `name` is, holds many of the words that
    the titles repeat, and stands near the start of an early page.
    """
    weights = _title_words(pages)
    named = set(stems(name)) - STOP_WORDS - _NAMES_OF_DOCUMENTS
    candidates = sorted(_candidates(pages, weights, named), key=lambda one: -one.score)
    chosen: list[_Candidate] = []
    for one in candidates:
        if all(_overlap(one, other) < 0.5 for other in chosen):
            chosen.append(one)
        if len(chosen) == limit:
            break
    return [one.text for one in chosen]


def _title_words(pages: Sequence[PageSummary]) -> Counter[str]:
    counts = Counter(stem for page in pages for stem in set(stems(page.title)))
    return Counter({stem: n for stem, n in counts.items() if stem not in STOP_WORDS and n > 1})


def _candidates(
    pages: Sequence[PageSummary], weights: Counter[str], named: set[str]
) -> Iterator[_Candidate]:
    most = max(weights.values(), default=1)
    for place, page in enumerate(pages[:_PAGES_READ]):
        for position, sentence in enumerate(_opening_sentences(page)):
            row = list(stems(sentence))
            if not _FEWEST_WORDS <= len(row) <= _MOST_WORDS:
                continue
            words = frozenset(row)
            central = sum(weights[word] for word in words) / most / len(row) ** 0.5
            score = central - 0.1 * position - 0.02 * place + _telling(sentence, row, named)
            yield _Candidate(sentence, words, score)


def _opening_sentences(page: PageSummary) -> Iterator[str]:
    if page.description:
        yield from (text for text in sentences(page.description) if text[-1] in ".!。")
    texts = (block.text for block in blocks(page.opening) if block.kind is Kind.TEXT)
    found = (plain_text(without_links(part)) for text in texts for part in sentences(text))
    for _, sentence in zip(range(_SENTENCES_OF_A_PAGE), found, strict=False):
        if sentence[-1] in ".!。":
            yield sentence


def _telling(sentence: str, row: Sequence[str], named: set[str]) -> float:
    score = 0.0
    if _IS.search(f" {' '.join(sentence.split()[:10])} "):
        score += 0.5
        if named & set(row[:4]):
            score += 1.0
    if _DEPENDS_ON_CONTEXT.match(sentence):
        score -= 1.0
    return score


def _overlap(one: _Candidate, other: _Candidate) -> float:
    return len(one.stems & other.stems) / min(len(one.stems), len(other.stems))
