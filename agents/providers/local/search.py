"""Finds an agent's passages: candidates from the index, ranked by what they hold.

The cost of a common word is that half of all passages hold it. So the index is asked for a bounded
number of passages a term, rare terms choose the candidates, and common ones only rank them. Where
no term is rare, those are candidates that hold several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain

from agents.knowledge.misspelling import spellings
from agents.knowledge.ranking import Ranking, Term, folded, rarity
from agents.providers.local.index import current_index
from agents.providers.local.models import LocalAgent, LocalPassage

READ = 1_000
"""Ids that are read of one term."""
CANDIDATES = 150
"""Passages that are ranked."""
CERTAIN = 30
"""Where so many passages hold more than the others, what is looked for is among them."""
ALIKE = 1e-6
"""A difference of weights that is none."""
MOST_COMMON = 4
"""Common terms of one query that are looked for beside its rarest."""
SHORTEST_MEANT = 6
"""Letters of a word that a misspelling may stand for. Shorter ones are too close to others."""
MOST_CORRECTED = 3
"""Words of one query: each costs a look for some hundred spellings."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The passages that hold a term: all of them, or the first `READ`."""

    ids: Sequence[int]
    frequency: int
    """How many they are, estimated where they are not all read."""

    @property
    def are_all(self) -> bool:
        return len(self.ids) < READ


@dataclass(frozen=True, slots=True)
class Asked:
    """What the index knows of a query."""

    total: int
    hits: Mapping[str, Hits]

    @property
    def frequencies(self) -> dict[str, int]:
        """In how many passages each term occurs."""
        return {term: hits.frequency for term, hits in self.hits.items()}

    @property
    def rarities(self) -> dict[str, float]:
        return {term: rarity(hits.frequency, self.total) for term, hits in self.hits.items()}


def ask_index(agent: LocalAgent, terms: Sequence[str]) -> Asked:
    """Look each term up, in the version that `agent`, as it was read, answers from.

    A word that stands nowhere is taken for the commonest of those it may have been meant to be.
    """
    passages = LocalPassage.objects.filter(agent=agent)
    total = LocalPassage.objects.count_of(agent)
    held = current_index().holding(agent, [[term] for term in terms], READ)
    read = _corrected(agent, dict(zip(terms, held, strict=True)))
    if all(len(ids) < READ for ids in read.values()):
        return Asked(total, {term: Hits(ids, len(ids)) for term, ids in read.items()})
    first, last = (
        passages.order_by(order).values_list("pk", flat=True)[0] for order in ("pk", "-pk")
    )
    return Asked(
        total,
        {term: Hits(ids, _frequency(ids, first, last, total)) for term, ids in read.items()},
    )


def _corrected(agent: LocalAgent, read: dict[str, list[int]]) -> dict[str, list[int]]:
    """What was read, with other spellings in the place of words that were not found."""
    index = current_index()
    unknown = [(term, others) for term, ids in read.items() if not ids and (others := _meant(term))]
    found: dict[str, tuple[str, list[int]]] = {}
    for term, others in unknown[:MOST_CORRECTED]:
        real = index.existing(agent, others)
        held = index.holding(agent, [[other] for other in real], READ)
        best = max(zip(real, held, strict=True), key=lambda one: len(one[1]), default=None)
        if best and best[1] and best[0] not in read:
            found[term] = best
    return dict(found.get(term, (term, ids)) for term, ids in read.items())


def _meant(term: str) -> list[str]:
    return [other for other in spellings(term) if len(other) >= SHORTEST_MEANT]


def _frequency(ids: Sequence[int], first: int, last: int, total: int) -> int:
    """Of a term whose first hits are these: as many more as their density says."""
    if len(ids) < READ:
        return len(ids)
    share = (last - first + 1) / (ids[-1] - first + 1)
    return min(round(len(ids) * share), total)


def ranked(agent: LocalAgent, asked: Asked, limit: int) -> list[tuple[LocalPassage, float]]:
    """The best passages with their scores, best first."""
    passages = LocalPassage.objects.filter(agent=agent)
    rows = list(
        passages.filter(pk__in=_candidates(agent, asked)).values_list(
            "pk", "title", "headings", "text"
        )
    )
    ranking = Ranking(
        asked.rarities, mean_length=sum(len(row[3]) for row in rows) / (len(rows) or 1)
    )
    holders = {term: frozenset(hits.ids) for term, hits in asked.hits.items()}
    scores = {
        pk: ranking.score(
            title, headings, text, {term for term, ids in holders.items() if pk in ids}
        )
        for pk, title, headings, text in rows
    }
    best = sorted(scores, key=lambda pk: (-scores[pk], pk))[:limit]
    found = passages.in_bulk(best)
    return [(found[pk], scores[pk]) for pk in best if pk in found]


def _candidates(agent: LocalAgent, asked: Asked) -> list[int]:
    """Those that hold the most of what is rare; then those that hold several common terms."""
    weights: dict[int, float] = defaultdict(float)
    rarities = asked.rarities
    for term, hits in asked.hits.items():
        if hits.are_all:
            for id in hits.ids:
                weights[id] += rarities[term]
    common = [term for term, hits in asked.hits.items() if not hits.are_all]
    if common and _are_alike(weights):
        _add_common(agent, asked, common, weights)
    if _are_alike(weights):
        _add_named(asked, weights)
    best = _heaviest(weights)
    if len(best) < CANDIDATES and common:
        best = list(dict.fromkeys([*best, *_of_common_terms(agent, asked)]))
    return best[:CANDIDATES]


def _heaviest(weights: Mapping[int, float]) -> list[int]:
    return nsmallest(CANDIDATES, weights, key=lambda id: (-weights[id], id))


def _are_alike(weights: Mapping[int, float]) -> bool:
    """Whether the last of the heaviest weigh as much as others, and nearly all others more."""
    if len(weights) <= CANDIDATES:
        return False
    best = _heaviest(weights)
    return weights[best[CERTAIN]] <= weights[best[-1]] + ALIKE


def _add_common(
    agent: LocalAgent, asked: Asked, common: Sequence[str], weights: dict[int, float]
) -> None:
    """Of those that hold the rarest term, those with common ones beside it."""
    rarities = asked.rarities
    rarest = max((term for term in rarities if asked.hits[term].ids), key=lambda one: rarities[one])
    beside = common[:MOST_COMMON]
    held = current_index().holding(agent, [[rarest, term] for term in beside], READ)
    for term, ids in zip(beside, held, strict=True):
        for id in ids:
            weights[id] += rarities[term]


def _add_named(asked: Asked, weights: dict[int, float]) -> None:
    """Of those that weigh equally much, those with the terms in their titles and headings."""
    least = weights[_heaviest(weights)[-1]]
    equal = [id for id, weight in weights.items() if weight == least]
    terms = [Term.of(term) for term in asked.hits]
    rows = LocalPassage.objects.filter(pk__in=equal).values_list("pk", "title", "headings")
    for pk, title, headings in rows:
        above = folded(f"{title}\n{headings}")
        weights[pk] += ALIKE * sum(term.count(above) > 0 for term in terms) / len(terms)


def _of_common_terms(agent: LocalAgent, asked: Asked) -> Iterator[int]:
    """Passages that hold all common terms, then those that hold all but the commonest, and so on;
    of a single term, those with it in their headings first."""
    index = current_index()
    terms = [term for term, hits in asked.hits.items() if not hits.are_all]
    terms.sort(key=lambda term: asked.hits[term].frequency)
    together = [terms[:count] for count in range(len(terms), 1, -1)]
    yield from chain.from_iterable(index.holding(agent, together, CANDIDATES))
    yield from index.holding(agent, [terms[:1]], CANDIDATES, in_headings=True)[0]
    yield from asked.hits[terms[0]].ids
