"""The pages that a site lists by itself: its sitemaps and its llms.txt."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

from agents.crawl.fetching import Fetcher
from agents.crawl.llms_txt import read_llms_txt
from agents.crawl.media import HTML_TYPES
from agents.crawl.results import FetchResult
from agents.crawl.robots import Robots
from agents.crawl.scope import Scope
from agents.crawl.sitemap_file import read_sitemap
from agents.crawl.spelling import page_key
from agents.crawl.tally import Tally
from agents.crawl.urls import join_links, origin_of

MAX_ORIGINS = 10
"""Hosts of start URLs whose lists are read."""


@dataclass(frozen=True, slots=True)
class ListLimits:
    """How much of a site's lists is read.

    Args:
        files: sitemaps, those of an index included.
        urls: pages within scope.
        seconds: for all of it.
    """

    files: int = 50
    urls: int = 50_000
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class ListFile:
    """One list that was asked for.

    Args:
        kind: `sitemap` or `llms.txt`.
        announced: whether the site named it; the others are looked for where they usually are.
        listed: URLs in it, of pages and of other sitemaps.
        kept: those of its pages that are within scope.
    """

    url: str
    kind: str
    announced: bool
    result: FetchResult
    listed: int = 0
    kept: int = 0


class SiteLists:
    """Finds and reads the lists around the start URLs.

    Attributes:
        urls: pages within scope in the order listed, sitemaps first.
        files: every list that was asked for.
        left_out: what they list outside the scope.
        is_complete: False when a limit was reached before the end.
    """

    def __init__(
        self, fetcher: Fetcher, robots: Robots, scope: Scope, limits: ListLimits | None = None
    ) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._scope = scope
        self._limits = limits or ListLimits()
        self._changed: dict[str, datetime] = {}
        self.urls: dict[str, None] = {}
        self.files: list[ListFile] = []
        self.left_out = Tally()
        self.is_complete = True

    async def read(self) -> None:
        """Read the lists of all start URLs, where those have moved to. A list that cannot be read
        is one of `files`; no failure is raised."""
        if not self._scope.max_depth:
            return
        directories = self._scope.directories
        origins = list(dict.fromkeys(map(origin_of, directories)))[:MAX_ORIGINS]
        try:
            async with asyncio.timeout(self._limits.seconds):
                for origin in origins:
                    inside = [url for url in directories if origin_of(url) == origin]
                    await self._read_sitemaps(origin, inside)
                    await self._read_llms_txt(_beside([f"{origin}/", *inside], "llms.txt"))
        except TimeoutError:
            self.is_complete = False

    def changed_at(self, url: str) -> datetime | None:
        """When a page changed last, as a sitemap says; None if none does."""
        return self._changed.get(page_key(url)) if self._changed else None

    async def _read_sitemaps(self, origin: str, directories: Sequence[str]) -> None:
        announced = join_links(origin + "/", await self._robots.sitemaps(origin))
        guessed = _beside([f"{origin}/", *directories], "sitemap.xml")
        queue = deque((url, bool(announced)) for url in announced or guessed)
        known = {url for url, _ in queue}
        while queue:
            if self._is_full:
                self.is_complete = False
                return
            url, is_announced = queue.popleft()
            for further in await self._read_sitemap(url, is_announced):
                if further not in known:
                    known.add(further)
                    queue.append((further, True))

    async def _read_sitemap(self, url: str, announced: bool) -> list[str]:
        """Read one, and return the sitemaps that it names."""
        result = await self._fetch(url)
        if not result.is_fetched:
            self.files.append(ListFile(url, "sitemap", announced, result))
            return []
        found = read_sitemap(result.body, result.final_url)
        kept = self._keep(found.pages)
        for page, changed in found.pages.items():
            if changed and page in self.urls:
                self._changed[page_key(page)] = changed
        listed = len(found.pages) + len(found.sitemaps)
        self.files.append(ListFile(url, "sitemap", announced, _light(result), listed, kept))
        return found.sitemaps

    async def _read_llms_txt(self, places: Iterable[str]) -> None:
        for url in places:
            result = await self._fetch(url)
            # Sites that answer any address with a page have no llms.txt.
            links: list[str] = []
            if result.is_fetched and result.media_type not in HTML_TYPES:
                links = read_llms_txt(result.body, result.final_url)
            kept = self._keep(links)
            self.files.append(ListFile(url, "llms.txt", False, _light(result), len(links), kept))

    async def _fetch(self, url: str) -> FetchResult:
        if refusal := await self._robots.refusal(url):
            return FetchResult.refused(url, refusal)
        return await self._fetcher.fetch(url, accept=None)

    def _keep(self, urls: Iterable[str]) -> int:
        """Take up those within scope, and return how many."""
        kept = 0
        for url in urls:
            if refusal := self._scope.refusal(url, 1):
                self.left_out.add(refusal, url)
            elif len(self.urls) < self._limits.urls:
                self.urls[url] = None
                kept += 1
            else:
                self.is_complete = False
        return kept

    @property
    def _is_full(self) -> bool:
        sitemaps = sum(file.kind == "sitemap" for file in self.files)
        return sitemaps >= self._limits.files or len(self.urls) >= self._limits.urls


def _beside(directories: Iterable[str], name: str) -> list[str]:
    return list(dict.fromkeys(urljoin(directory, name) for directory in directories))


def _light(result: FetchResult) -> FetchResult:
    """The result without its body, which may be large and has been read."""
    return replace(result, body=b"")
