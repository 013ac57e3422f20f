"""A look at what a crawl would do: a little is fetched, and everything found is sorted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, field

from agents.crawl.batch import Outcome
from agents.crawl.crawler import Crawler
from agents.crawl.fetching import Fetcher
from agents.crawl.frontier import Frontier
from agents.crawl.rendering.rendering import Rendering
from agents.crawl.results import FetchResult, Refusal
from agents.crawl.robots import Robots
from agents.crawl.scope import Scope
from agents.crawl.site_lists import ListFile, ListLimits, SiteLists
from agents.crawl.spelling import page_key
from agents.crawl.tally import Group, Tally

CONCURRENCY = 4


@dataclass(frozen=True, slots=True)
class PreviewLimits:
    """How much a preview does at most.

    Args:
        pages: that are fetched.
        bytes: of pages, decompressed, after which no more are fetched.
        seconds: for everything.
        sitemaps: that are read.
        urls: that are sorted.
    """

    pages: int = 10
    bytes: int = 10_000_000
    seconds: float = 10.0
    sitemaps: int = 5
    urls: int = 5_000


@dataclass(slots=True)
class Preview:
    """What a crawl would do.

    Args:
        pages: what became of those that were fetched, by their URLs.
        lists: sitemaps and llms.txt files that were asked for.
        included: URLs that the crawl would fetch, in the order of their turns.
        excluded: URLs that it would leave out or fail to fetch, by their reasons.
        crawl_delays: seconds between two requests that an origin asks for.
        is_complete: whether everything there is was seen. Otherwise there is more of each.
    """

    pages: dict[str, FetchResult] = field(default_factory=dict)
    lists: list[ListFile] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    excluded: list[Group] = field(default_factory=list)
    crawl_delays: dict[str, float] = field(default_factory=dict)
    is_complete: bool = False


class Previewer:
    """Crawls a little within a scope.

    Args:
        fetcher: for pages.
        list_fetcher: for sitemaps.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        list_fetcher: Fetcher,
        robots: Robots,
        scope: Scope,
        limits: PreviewLimits,
        rendering: Rendering | None = None,
    ) -> None:
        self._limits = limits
        self._robots = robots
        self._frontier = Frontier(limits.pages, most_known=limits.urls)
        list_limits = ListLimits(limits.sitemaps, limits.urls, limits.seconds)
        self._lists = SiteLists(list_fetcher, robots, scope, list_limits)
        self._crawler = Crawler(
            fetcher, robots, scope, self._frontier, self._lists, rendering, concurrency=CONCURRENCY
        )
        self._preview = Preview()
        self._excluded = Tally()

    async def look(self, urls: Iterable[str], *, max_pages: int) -> Preview:
        """What a crawl from `urls`, of at most `max_pages` pages, would do."""
        for url in urls:
            self._frontier.add(url, 0)
        try:
            async with asyncio.timeout(self._limits.seconds):
                is_finished = await self._crawl()
        except TimeoutError:
            is_finished = False
        preview = self._preview
        preview.is_complete = is_finished and self._lists.is_complete and not self._is_cut_off
        preview.lists = self._lists.files
        preview.crawl_delays = self._robots.crawl_delays()
        self._sort(max_pages)
        return preview

    @property
    def _is_cut_off(self) -> bool:
        return bool(self._frontier.untaken) or self._frontier.is_full

    async def _crawl(self) -> bool:
        size = 0
        async with aclosing(self._crawler.batches()) as batches:
            async for outcomes in batches:
                for outcome in outcomes:
                    self._note(outcome)
                    size += len(outcome.result.body)
                if size >= self._limits.bytes:
                    return False
        return True

    def _note(self, outcome: Outcome) -> None:
        url, result = outcome.entry.url, outcome.result
        self._preview.pages[url] = result
        if result.is_fetched:
            self._preview.included.append(url)
        else:
            self._excluded.add(Refusal(result.reason_code, result.reason, result.status), url)
        for entry, refusal in outcome.left_out:
            self._excluded.add(refusal, entry.url)

    def _sort(self, max_pages: int) -> None:
        """Sort what was found and not fetched."""
        known = {page_key(url) for url in self._preview.pages}
        for url in [*self._frontier.untaken, *self._lists.urls]:
            if (key := page_key(url)) in known:
                continue
            known.add(key)
            if refusal := self._robots.known_refusal(url):
                self._excluded.add(refusal, url)
            else:
                self._preview.included.append(url)
        for group in self._lists.left_out.groups():
            self._excluded.add_group(group)
        beyond = self._preview.included[max_pages:]
        for url in beyond:
            reason = f"The limit of {max_pages} pages would be reached before its turn."
            self._excluded.add(Refusal("max_pages", reason), url)
        del self._preview.included[max_pages:]
        self._preview.excluded = self._excluded.groups()
