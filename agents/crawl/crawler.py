"""The crawl: concurrent fetches, one coroutine that owns the frontier, outcomes in batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial

from agents.crawl.batch import Batch, Outcome
from agents.crawl.fetching import Fetcher
from agents.crawl.frontier import Entry, Frontier
from agents.crawl.links import PageLinks, read_links
from agents.crawl.media import HTML_TYPES, is_document
from agents.crawl.results import FetchResult, FetchStatus, Refusal
from agents.crawl.robots import Robots
from agents.crawl.scope import Scope

_NOINDEX = Refusal("noindex", "The page asks, in its robots meta element, not to be kept.")


@dataclass(frozen=True, slots=True)
class _Visit:
    """A fetched entry before it is booked."""

    entry: Entry
    result: FetchResult
    links: PageLinks = field(default_factory=lambda: PageLinks([]))


class Crawler:
    """Fetches what the frontier holds and what is found on the way.

    Args:
        concurrency: how many pages are fetched at once.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        robots: Robots,
        scope: Scope,
        frontier: Frontier,
        *,
        concurrency: int,
    ) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._scope = scope
        self._frontier = frontier
        self._concurrency = concurrency

    async def batches(self) -> AsyncGenerator[list[Outcome], None]:
        """The outcomes, in batches of some tens of pages or tenths of a second.

        An entry's own outcome never comes before the one that found it. Nothing new is fetched
        while the caller is busy with a batch. Close the iterator (`contextlib.aclosing`) to stop
        what is still being fetched.
        """
        running: set[asyncio.Task[_Visit]] = set()
        batch = Batch()
        try:
            while self._start(running):
                finished, running = await asyncio.wait(
                    running, timeout=batch.seconds_left, return_when=asyncio.FIRST_COMPLETED
                )
                visits = sorted((task.result() for task in finished), key=lambda v: v.entry)
                batch.extend(self._settle(visit) for visit in visits)
                if batch.is_due:
                    yield batch.outcomes
                    batch = Batch()
            if batch.outcomes:
                yield batch.outcomes
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _start(self, running: set[asyncio.Task[_Visit]]) -> bool:
        """Fill up with fetches; False when there is nothing left to wait for."""
        while len(running) < self._concurrency and (entry := self._frontier.take()):
            running.add(asyncio.create_task(self._visit(entry)))
        return bool(running)

    async def _visit(self, entry: Entry) -> _Visit:
        refusal = await self._refusal(entry)
        if refusal:
            return _Visit(entry, FetchResult.refused(entry.url, refusal))
        result = await self._fetcher.fetch(entry.url, gate=partial(self._redirect_refusal, entry))
        is_html = result.media_type in HTML_TYPES and not is_document(result.body)
        if not result.is_fetched or not is_html:
            return _Visit(entry, result)
        return _Visit(entry, result, read_links(result.body, result.final_url, result.content_type))

    async def _refusal(self, entry: Entry) -> Refusal | None:
        return self._scope_refusal(entry) or await self._robots.refusal(entry.url)

    def _scope_refusal(self, entry: Entry) -> Refusal | None:
        # Asked again: since a link was queued, its start URL's redirect may have moved the scope.
        if entry.depth == 0:
            return self._scope.start_refusal(entry.url)
        return self._scope.refusal(entry.url, entry.depth)

    async def _redirect_refusal(self, entry: Entry, target: str) -> Refusal | None:
        """Why a redirect of `entry` to `target` is not followed. If it is, the entry stands for
        the target from now on."""
        if entry.depth == 0:
            self._scope.follow(entry.url, target)
        if refusal := self._scope.refusal(target, entry.depth):
            return Refusal(
                f"redirect_{refusal.code}", f"It redirects to {target}. {refusal.reason}"
            )
        if refusal := await self._robots.refusal(target):
            return refusal
        if not self._frontier.claim(target, entry):
            return Refusal("redirected", f"It redirects to {target}, which is a page of its own.")
        return None

    def _settle(self, visit: _Visit) -> Outcome:
        """Book a visit in the frontier, and queue the links in scope."""
        result = visit.result
        if visit.links.noindex:
            result = result.dropped(_NOINDEX)
        self._frontier.settle(counts=result.status is not FetchStatus.SKIPPED)
        depth = visit.entry.depth + 1
        in_scope = (url for url in visit.links.urls if not self._scope.refusal(url, depth))
        found = [entry for url in in_scope if (entry := self._frontier.add(url, depth))]
        return Outcome(visit.entry, result, found)
