"""Answers from the project's context: the rows of its tables."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from agents.cli.asking.answers import Answer
from agents.cli.store import Row, Store
from agents.knowledge.answer import answer
from agents.knowledge.evidence import Source
from agents.knowledge.ranking import Ranking, rarity
from agents.knowledge.terms import query_terms

CANDIDATES = 150
"""Rows that the database finds, and that are ranked here."""
SOURCES = 8
"""Rows that an answer is made of."""


class Context:
    """The rows as somebody who can be asked. Each thread has a connection of its own."""

    name = "the context"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._total = store.count()
        self._threads = threading.local()
        self._opened: list[Store] = []

    def ask(self, question: str) -> Answer:
        store = self._store_of_thread()
        terms = query_terms(question)
        found = store.find(terms, CANDIDATES) if terms else []
        frequencies = {term: store.holding(term) for term in terms}
        rows = self._ranked(found, frequencies)[:SOURCES]
        sources = [Source(row.text, row.source, (row.tab,), score) for row, score in rows]
        given = answer(question, sources, frequencies, self._total)
        quotes = [(rows[quote.source][0], quote.text) for quote in given.quotes]
        return Answer(self.name, given.text, tuple(_citation(*quote) for quote in quotes))

    def close(self) -> None:
        """Close the threads' connections, when no thread asks any more."""
        for store in self._opened:
            store.close()

    def _ranked(
        self, rows: Sequence[Row], frequencies: Mapping[str, int]
    ) -> list[tuple[Row, float]]:
        """The rows with their scores, best first, alike on every database."""
        length = sum(len(row.text) for row in rows) / (len(rows) or 1)
        rarities = {term: rarity(held, self._total) for term, held in frequencies.items()}
        ranking = Ranking(rarities, mean_length=length)
        scored = [(row, ranking.score("", "", row.text, set())) for row in rows]
        return sorted(scored, key=lambda one: (-one[1], one[0].source, one[0].tab, one[0].number))

    def _store_of_thread(self) -> Store:
        store = getattr(self._threads, "store", None)
        if store is None:
            store = self._threads.store = self._store.another()
            self._opened.append(store)
        return store


def _citation(row: Row, quote: str) -> dict[str, object]:
    return {"source": row.source, "tab": row.tab, "row": row.number, "quote": quote}
