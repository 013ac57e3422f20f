"""What the index knows of a query: where its terms stand, and how rare they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, Subquery

from agents.knowledge.misspelling import spellings
from agents.knowledge.ranking import rarity
from agents.providers.local.index import current_index
from agents.providers.local.models import LocalAgent, LocalPassage

READ = 300
"""Ids that are read of one term: each costs a look at its row."""
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
    total = LocalPassage.objects.count_of(agent)
    held = current_index().holding(agent, [[term] for term in terms], READ)
    read = _corrected(agent, dict(zip(terms, held, strict=True)))
    if all(len(ids) < READ for ids in read.values()):
        return Asked(total, {term: Hits(ids, len(ids)) for term, ids in read.items()})
    first, last = _ends(agent)
    return Asked(
        total,
        {term: Hits(ids, _frequency(ids, first, last, total)) for term, ids in read.items()},
    )


def _ends(agent: LocalAgent) -> tuple[int, int]:
    """About the first and the last of the agent's passages: those that it was told of so.

    By their own id they could be found only among those of all agents.
    """
    passages = LocalPassage.objects.filter(agent=agent)
    first, last = (
        Subquery(passages.order_by(order).values("chunk_id")[:1])
        for order in ("chunk_id", "-chunk_id")
    )
    ends = passages.filter(Q(chunk_id=first) | Q(chunk_id=last)).values_list("pk", flat=True)
    return min(ends), max(ends)


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
    share = (max(last, ids[-1]) - min(first, ids[0]) + 1) / (ids[-1] - min(first, ids[0]) + 1)
    return min(round(len(ids) * share), total)
