"""How this installation fetches: the crawler's tools, made as the settings say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from django.conf import settings

from agents.crawl import sitemap_file
from agents.crawl.fetching import Fetcher, FetchPolicy, crawl_client
from agents.crawl.pace import Pace
from agents.crawl.rendering.rendering import Render, Rendering
from agents.crawl.robots import Robots
from agents.rendering import rendering
from tasks.outbound.guard import AddressGuard


@dataclass(frozen=True, slots=True)
class Tools:
    """What a crawl fetches with. All of it keeps one pace.

    Args:
        fetcher: for pages.
        list_fetcher: for sitemaps, which may be larger.
        robots: what each origin allows.
        rendering: runs the scripts of pages.
    """

    fetcher: Fetcher
    list_fetcher: Fetcher
    robots: Robots
    rendering: Rendering


@asynccontextmanager
async def fetching(
    render: Render,
    *,
    list_bytes: int = sitemap_file.MAX_BYTES,
    render_seconds: float = inf,
    **limits: Any,
) -> AsyncIterator[Tools]:
    """The tools of one crawl, until the block ends.

    Args:
        render: which pages a browser reads.
        list_bytes: size limit of a sitemap.
        render_seconds: that rendering a page may take, if that is less than the settings say.
        limits: fields of `FetchPolicy` that are other than the settings say.
    """
    guard = AddressGuard(settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE)
    policy = replace(_policy(), **limits)
    connections = settings.AGENTFORGE_CRAWL_CONCURRENCY
    pace = Pace(per_host=settings.AGENTFORGE_CRAWL_PER_HOST, rate=settings.AGENTFORGE_CRAWL_RATE)
    async with crawl_client(guard, policy, connections=connections) as client:
        fetcher = Fetcher(client, guard, policy, pace)
        list_fetcher = Fetcher(client, guard, replace(policy, max_bytes=list_bytes), pace)
        robots = Robots(fetcher, pace, policy.user_agent)
        script_fetcher = Fetcher(client, guard, replace(policy, retries=0), pace)
        async with rendering(
            render, script_fetcher, robots, most_seconds=render_seconds
        ) as browser:
            yield Tools(fetcher, list_fetcher, robots, browser)


def _policy() -> FetchPolicy:
    return FetchPolicy(
        user_agent=settings.AGENTFORGE_CRAWL_USER_AGENT,
        page_timeout=settings.AGENTFORGE_PAGE_TIMEOUT,
        max_bytes=settings.AGENTFORGE_PAGE_MAX_BYTES,
        retries=settings.AGENTFORGE_PAGE_RETRIES,
    )
