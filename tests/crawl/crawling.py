"""Runs the crawl library against the websites of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from agents.crawl.batch import Outcome
from agents.crawl.crawler import Crawler
from agents.crawl.fetching import Fetcher, FetchPolicy, crawl_client
from agents.crawl.frontier import Entry, Frontier
from agents.crawl.pace import Pace
from agents.crawl.rendering.rendering import Rendering
from agents.crawl.results import FetchResult
from agents.crawl.robots import Robots
from agents.crawl.scope import Reach, Scope
from agents.crawl.site_lists import SiteLists
from tasks.outbound.guard import AddressGuard

LOOPBACK = AddressGuard(["127.0.0.1"])


def policy(**limits: Any) -> FetchPolicy:
    """A policy that waits for nobody long."""
    defaults: dict[str, Any] = {"page_timeout": 5.0, "backoff_base": 0.01}
    return FetchPolicy("TestCrawler/1.0", **defaults | limits)


@asynccontextmanager
async def fetching(pace: Pace | None = None, **limits: Any) -> AsyncIterator[Fetcher]:
    """A fetcher that may fetch from loopback."""
    async with crawl_client(LOOPBACK, policy(**limits), connections=8) as client:
        yield Fetcher(client, LOOPBACK, policy(**limits), pace or Pace(backoff_base=0.01))


async def fetch(url: str, **limits: Any) -> FetchResult:
    """How one URL ends."""
    async with fetching(**limits) as fetcher:
        return await fetcher.fetch(url)


async def crawl(
    *start_urls: str,
    frontier: Frontier | None = None,
    stop_after: int = 1_000_000,
    concurrency: int = 4,
    max_pages: int = 100,
    max_depth: int = 10,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    reach: Reach = Reach.PATH,
    rendering: Rendering | None = None,
    **limits: Any,
) -> list[Outcome]:
    """Crawl until the end, or until at least `stop_after` outcomes are there."""
    frontier = frontier or Frontier(max_pages)
    for url in start_urls:
        frontier.add(url, 0)
    scope = Scope(
        start_urls, max_depth=max_depth, reach=reach, include=[*include], exclude=[*exclude]
    )
    outcomes: list[Outcome] = []
    pace = Pace(backoff_base=0.01)
    async with fetching(pace, **limits) as fetcher:
        robots = Robots(fetcher, pace, "TestCrawler/1.0")
        lists = SiteLists(fetcher, robots, scope)
        crawler = Crawler(
            fetcher, robots, scope, frontier, lists, rendering, concurrency=concurrency
        )
        async with aclosing(crawler.batches()) as batches:
            async for batch in batches:
                outcomes += batch
                if len(outcomes) >= stop_after:
                    break
    return outcomes


def by_path(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """`{path: "status" or "status: reason code"}`, which is easy to compare."""
    return {
        path_of(outcome.entry): ": ".join(
            filter(None, (outcome.result.status.value, outcome.result.reason_code))
        )
        for outcome in outcomes
    }


def left_out(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """`{path: reason code}` of the URLs that were seen, but are no part of the crawl."""
    return {
        path_of(entry): refusal.code for outcome in outcomes for entry, refusal in outcome.left_out
    }


def path_of(entry: Entry) -> str:
    """The path of an entry's URL, with its parameters."""
    return "/" + entry.url.split("/", 3)[3]


def links(*hrefs: str) -> str:
    """A page that links to `hrefs`."""
    return "<html><body>" + "".join(f'<a href="{href}">x</a>' for href in hrefs) + "</body></html>"


async def turns_at_once(pace: Pace, origin: str, wanted: int) -> int:
    """How many of `wanted` turns at an origin are held at the same time."""
    held = most = 0

    async def hold() -> None:
        nonlocal held, most
        async with pace.turn(origin):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0.01)
            held -= 1

    await asyncio.gather(*(hold() for _ in range(wanted)))
    return most
