"""Finds an agent's passages: candidates from the index, ranked by what they hold."""

from __future__ import annotations

from heapq import nsmallest

from agents.knowledge.ranking import Ranking
from agents.providers.local.asked import Asked
from agents.providers.local.candidates import candidates
from agents.providers.local.models import LocalAgent, LocalPassage

FIELDS = ("title", "headings", "text", "pk", "chunk_id", "url")


def ranked(agent: LocalAgent, asked: Asked, limit: int) -> list[tuple[LocalPassage, float]]:
    """The best passages with their scores, best first."""
    chosen = LocalPassage.objects.filter(pk__in=candidates(agent, asked))
    rows = list(chosen.values_list(*FIELDS))
    mean_length = sum(len(text) for _, _, text, *_ in rows) / (len(rows) or 1)
    ranking = Ranking(asked.rarities, mean_length)
    holders = {term: frozenset(hits.ids) for term, hits in asked.hits.items()}
    scores = {
        pk: ranking.score(
            title, headings, text, {term for term, ids in holders.items() if pk in ids}
        )
        for title, headings, text, pk, *_ in rows
    }
    by_id = {row[3]: dict(zip(FIELDS, row, strict=True)) for row in rows}
    best = nsmallest(limit, scores, key=lambda pk: (-scores[pk], pk))
    return [(LocalPassage(**by_id[pk]), scores[pk]) for pk in best]
