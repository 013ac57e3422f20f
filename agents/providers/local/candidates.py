"""Chooses the passages that are worth ranking.

The cost of a common word is that half of all passages hold it. So the index is asked for a bounded
number of passages a term, rare terms choose the candidates, and common ones only rank them. Where
no term is rare, those are candidates that hold several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import chain

from agents.knowledge.ranking import Term, folded
from agents.providers.local.asked import Asked
from agents.providers.local.index import current_index
from agents.providers.local.models import LocalAgent, LocalPassage

CANDIDATES = 150
"""Passages that are ranked."""
CERTAIN = 30
"""Where so many passages hold more than the others, what is looked for is among them."""
ALIKE = 1e-6
"""A difference of weights that is none."""
MOST_COMMON = 4
"""Common terms of one query that are looked for beside its rarest."""


def candidates(agent: LocalAgent, asked: Asked) -> list[int]:
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
    heaviest = sorted(weights.values(), reverse=True)
    return heaviest[CERTAIN] <= heaviest[CANDIDATES - 1] + ALIKE


def _add_common(
    agent: LocalAgent, asked: Asked, common: Sequence[str], weights: dict[int, float]
) -> None:
    """Of those that hold the rarest term, those with common ones beside it."""
    rarities = asked.rarities
    rarest = max((term for term in rarities if asked.hits[term].ids), key=lambda one: rarities[one])
    beside = common[:MOST_COMMON]
    held = current_index().holding(agent, [[rarest, term] for term in beside], CANDIDATES)
    for term, ids in zip(beside, held, strict=True):
        for id in ids:
            weights[id] += rarities[term]


def _add_named(asked: Asked, weights: dict[int, float]) -> None:
    """Of those that weigh equally much, those with the terms in their titles and headings."""
    least = sorted(weights.values(), reverse=True)[CANDIDATES - 1]
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
    if together:
        yield from chain.from_iterable(index.holding(agent, together, CANDIDATES))
    else:
        yield from index.holding(agent, [terms], CANDIDATES, in_headings=True)[0]
    yield from asked.hits[terms[0]].ids
