"""Outcomes of a crawl, handed over in batches that are neither large nor late."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from agents.crawl.frontier import Entry
from agents.crawl.results import FetchResult, Refusal

BATCH_SECONDS = 0.12
"""How long an outcome waits for company."""
BATCH_PAGES = 50
BATCH_BYTES = 8_000_000
"""Bodies in one batch, so that a crawl of large pages keeps its memory flat."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry, and what was found on its page.

    Args:
        found: new entries.
        left_out: URLs that are no part of the crawl, each with the reason.
        canonical: the URL under which the page wants to be known, if that is another.
        links: where the page leads.
    """

    entry: Entry
    result: FetchResult
    found: list[Entry] = field(default_factory=list)
    left_out: list[tuple[Entry, Refusal]] = field(default_factory=list)
    canonical: str = ""
    links: list[str] = field(default_factory=list)


class Batch:
    """Outcomes that wait to be handed over together."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self._bytes = 0
        self._due_at: float | None = None

    def extend(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.outcomes.append(outcome)
            self._bytes += len(outcome.result.body)
        if self.outcomes and self._due_at is None:
            self._due_at = _now() + BATCH_SECONDS

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the batch is due; None while it is empty."""
        return None if self._due_at is None else max(0.0, self._due_at - _now())

    @property
    def is_due(self) -> bool:
        return bool(self.outcomes) and (
            len(self.outcomes) >= BATCH_PAGES
            or self._bytes >= BATCH_BYTES
            or self.seconds_left == 0
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
