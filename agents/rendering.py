"""How this installation renders: its browser, within the limits of the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from threading import Semaphore

from django.conf import settings

from agents.crawl.fetching import Fetcher
from agents.crawl.rendering.chromium import Chromium, find_chromium, missing
from agents.crawl.rendering.exchange import Exchange
from agents.crawl.rendering.limits import RenderLimits
from agents.crawl.rendering.rendering import Render, Rendering
from agents.crawl.robots import Robots

OFF = "off"
SWITCHED_OFF = (
    "Rendering is switched off in this installation. An administrator switches it on in "
    "AGENTFORGE_CHROMIUM."
)
BROWSERS = 2
"""Of one process. A worker's has one build at a time; a web server's may have many previews."""

_places = Semaphore(BROWSERS)


@asynccontextmanager
async def rendering(
    render: Render, fetcher: Fetcher, robots: Robots, *, most_seconds: float
) -> AsyncIterator[Rendering]:
    """The rendering of one crawl. Its browser starts with the first page that needs it, and ends
    with the block.

    Args:
        render: which pages a browser reads.
        fetcher: for what their scripts ask for.
        most_seconds: that one page may take, if that is less than the settings say.
    """
    limits = _limits(most_seconds)
    exchange = Exchange(fetcher, robots, limits)
    if why := why_not():
        yield Rendering(render, None, exchange, limits, why)
        return
    sandbox = settings.AGENTFORGE_CHROMIUM_SANDBOX
    async with Chromium(_path(), limits, sandbox=sandbox, places=_places) as browser:
        yield Rendering(render, browser, exchange, limits)


def why_not() -> str:
    """Why no page can be rendered here, in a sentence that says how to mend it; empty if they
    can."""
    return SWITCHED_OFF if settings.AGENTFORGE_CHROMIUM == OFF else missing(_path())


def _path() -> str:
    return _found(settings.AGENTFORGE_CHROMIUM)


@cache
def _found(named: str) -> str:
    return find_chromium(named)


def _limits(most_seconds: float) -> RenderLimits:
    return RenderLimits(
        seconds=min(most_seconds, settings.AGENTFORGE_RENDER_SECONDS),
        memory_bytes=settings.AGENTFORGE_RENDER_MEMORY_MB * 1_000_000,
        pages_at_once=settings.AGENTFORGE_RENDER_CONCURRENCY,
        page_bytes=settings.AGENTFORGE_PAGE_MAX_BYTES,
    )
