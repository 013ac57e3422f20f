"""A browser that renders the pages of `site`, one for all tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio

from agents.crawl.fetching import Fetcher, crawl_client
from agents.crawl.pace import Pace
from agents.crawl.rendering.chromium import Chromium, find_chromium
from agents.crawl.rendering.exchange import Exchange
from agents.crawl.rendering.limits import RenderLimits
from agents.crawl.rendering.rendering import Render, Rendered, Rendering
from agents.crawl.robots import Robots
from tests.crawl.crawling import LOOPBACK, policy

Rendering1 = Callable[..., Awaitable[Rendered]]


@asynccontextmanager
async def rendering_with(
    chromium: Chromium, limits: RenderLimits, when: Render = Render.ALWAYS
) -> AsyncIterator[tuple[Fetcher, Rendering]]:
    """A fetcher for pages, and what renders them."""
    async with crawl_client(LOOPBACK, policy(), connections=8) as client:
        pace = Pace(backoff_base=0.01)
        fetcher = Fetcher(client, LOOPBACK, policy(retries=0), pace)
        robots = Robots(fetcher, pace, "TestCrawler/1.0")
        yield fetcher, Rendering(when, chromium, Exchange(fetcher, robots, limits), limits)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with Chromium(find_chromium(), RenderLimits(), sandbox=False) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def rendered(chromium: Chromium) -> AsyncIterator[Rendering1]:
    """Renders one page by its URL, within limits."""

    async def render(url: str, **limits: Any) -> Rendered:
        async with rendering_with(chromium, RenderLimits(**limits)) as (fetcher, rendering):
            return await rendering.of(await fetcher.fetch(url))

    yield render
