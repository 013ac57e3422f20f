"""The crawl: concurrent fetches, one coroutine that owns the frontier, outcomes in batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from agents.crawl.batch import Batch, Outcome
from agents.crawl.earlier import Earlier, Nothing
from agents.crawl.fetching import Fetcher
from agents.crawl.frontier import Entry, Frontier
from agents.crawl.links import PageLinks, read_links
from agents.crawl.media import HTML_TYPES, is_document
from agents.crawl.rendering.rendering import NOT_RENDERED, Rendering
from agents.crawl.results import FetchResult, FetchStatus, Refusal
from agents.crawl.robots import Robots
from agents.crawl.robots_tag import forbids_following, forbids_keeping
from agents.crawl.scope import Scope
from agents.crawl.site_lists import SiteLists
from agents.crawl.traps import Traps

GONE = (404, 410)
"""HTTP statuses that say that there is no such page (any more)."""
_NOINDEX = Refusal("noindex", "The page asks, as robots directives do, not to be kept.")


@dataclass(frozen=True, slots=True)
class _Visit:
    """A fetched entry before it is booked."""

    entry: Entry
    result: FetchResult
    links: PageLinks = field(default_factory=lambda: PageLinks([]))


class Crawler:
    """Fetches what the frontier holds and what is found on the way.

    First come the start URLs, then what they lead to. What the site only lists waits until
    nothing that is linked is left: links say better what matters.

    Args:
        lists: read once the start URLs are fetched, and known where they have moved to.
        rendering: what becomes of HTML pages before they are read; None leaves them as they are.
        concurrency: how many pages are fetched at once.
        earlier: pages that need not be sent again while they are as they were. Their links are
            followed as before, also when a page cannot be fetched just now.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        robots: Robots,
        scope: Scope,
        frontier: Frontier,
        lists: SiteLists,
        rendering: Rendering | None = None,
        *,
        concurrency: int,
        earlier: Earlier | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._scope = scope
        self._frontier = frontier
        self._lists = lists
        self._rendering = rendering
        self._listing: asyncio.Task[None] | None = None
        self._open_starts = 0
        self._traps = Traps()
        self._concurrency = concurrency
        self._earlier = earlier or Nothing()

    async def batches(self) -> AsyncGenerator[list[Outcome], None]:
        """The outcomes, in batches of some tens of pages or tenths of a second.

        An entry's own outcome never comes before the one that found it, if any did. Nothing new
        is fetched while the caller is busy with a batch. Close the iterator
        (`contextlib.aclosing`) to stop what is still being fetched.
        """
        self._begin()
        running: set[asyncio.Task[_Visit]] = set()
        batch = Batch()
        try:
            while pending := self._start(running):
                await asyncio.wait(
                    pending, timeout=batch.seconds_left, return_when=asyncio.FIRST_COMPLETED
                )
                finished = {task for task in running if task.done()}
                running -= finished
                visits = sorted((task.result() for task in finished), key=lambda v: v.entry)
                batch.extend(self._settle(visit) for visit in visits)
                if batch.is_due:
                    yield batch.outcomes
                    batch = Batch()
            if batch.outcomes:
                yield batch.outcomes
        finally:
            await _stop([*running, *filter(None, [self._listing])])

    def _begin(self) -> None:
        """Learn from what an interrupted crawl has found."""
        self._open_starts = self._frontier.open_starts
        for url in self._frontier.urls:
            self._traps.refusal(url)

    def _start(self, running: set[asyncio.Task[_Visit]]) -> set[asyncio.Task[Any]]:
        """Fill up with fetches, and return what there is to wait for: nothing at the end."""
        self._start_listing()
        self._fill(running)
        if running or self._listing is None:
            return {*running}
        if not self._listing.done():
            return {self._listing}
        self._listing.result()
        self._frontier.draw_reserve()
        self._fill(running)
        return {*running}

    def _fill(self, running: set[asyncio.Task[_Visit]]) -> None:
        while len(running) < self._concurrency and (entry := self._frontier.take()):
            running.add(asyncio.create_task(self._visit(entry)))

    def _start_listing(self) -> None:
        """Begin to read the site's lists, once it is known where the start URLs have moved to."""
        if self._listing is None and self._open_starts <= 0:
            self._listing = asyncio.create_task(self._read_lists())

    async def _read_lists(self) -> None:
        await self._lists.read()
        self._frontier.reserve(self._lists.urls)

    async def _visit(self, entry: Entry) -> _Visit:
        refusal = await self._refusal(entry)
        if refusal:
            return _Visit(entry, FetchResult.refused(entry.url, refusal))
        result = await self._fetcher.fetch(
            entry.url,
            gate=partial(self._redirect_refusal, entry),
            seen=self._earlier.seen(entry.url),
        )
        if result.is_unchanged or _may_come_back(result):
            return _Visit(entry, result, await self._earlier.links(entry.url))
        is_html = result.media_type in HTML_TYPES and not is_document(result.body)
        if not result.is_fetched or not is_html:
            return _Visit(entry, result)
        return await self._read(entry, result)

    async def _read(self, entry: Entry, page: FetchResult) -> _Visit:
        """Run the scripts of an HTML page, if they are to run, and read its links."""
        leads_to: list[str] = []
        if self._rendering:
            rendered = await self._rendering.of(page)
            page, leads_to = rendered.result, rendered.leads_to
        links = read_links(page.body, page.final_url, page.content_type)
        if forbids_following(page.robots):
            links = replace(links, urls=[], refresh="")
        if page.reason_code == NOT_RENDERED:
            leads_to = (await self._earlier.links(entry.url)).urls
        return _Visit(entry, page, replace(links, urls=[*leads_to, *links.urls]))

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
        entry, result = visit.entry, visit.result
        if visit.links.noindex or forbids_keeping(result.robots):
            result = result.dropped(_NOINDEX)
        elif visit.links.refresh:
            result = result.dropped(_sends_on(visit.links.refresh))
        self._open_starts -= entry.depth == 0
        self._frontier.settle(entry, counts=result.status is not FetchStatus.SKIPPED)
        outcome = Outcome(entry, result, canonical=visit.links.canonical, links=visit.links.urls)
        if result.http_status in GONE and (other := self._frontier.another_spelling(entry)):
            outcome.found.append(other)
        for url in visit.links.urls:
            self._sort_out(url, entry.depth + 1, outcome)
        return outcome

    def _sort_out(self, url: str, depth: int, outcome: Outcome) -> None:
        """Queue a link that belongs to the crawl, and remember one that does not."""
        if self._frontier.knows(url):
            return
        if refusal := self._scope.refusal(url, depth) or self._traps.refusal(url):
            if left_out := self._frontier.leave_out(url, depth):
                outcome.left_out.append((left_out, refusal))
        elif found := self._frontier.add(url, depth):
            outcome.found.append(found)


def _sends_on(target: str) -> Refusal:
    return Refusal(
        "redirected", f"It sends its readers on to {target}, which is a page of its own."
    )


def _may_come_back(result: FetchResult) -> bool:
    return result.status is FetchStatus.FAILED and result.http_status not in GONE


async def _stop(tasks: Iterable[asyncio.Task[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
