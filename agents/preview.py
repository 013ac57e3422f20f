"""Previews of a build's scope, with this installation's settings."""

from __future__ import annotations

import asyncio
from typing import Any

from agents.crawl.preview import Preview, Previewer, PreviewLimits
from agents.crawl.rendering.rendering import Render
from agents.crawl.scope import Reach, Scope
from agents.fetching import fetching

LIMITS = PreviewLimits()


def preview(params: dict[str, Any]) -> Preview:
    """What a build with these parameters would fetch and leave out.

    It takes no longer than `LIMITS.seconds` and stores nothing.

    Args:
        params: as `agents.params.clean` gives them.
    """
    return asyncio.run(_preview(params))


async def _preview(params: dict[str, Any]) -> Preview:
    scope = Scope(
        params["urls"],
        max_depth=params["max_depth"],
        reach=Reach(params["scope"]),
        include=params["include"],
        exclude=params["exclude"],
    )
    limits = {
        "page_timeout": LIMITS.seconds / 2,
        "render_seconds": LIMITS.seconds / 2,
        "retries": 0,
    }
    async with fetching(Render(params["render"]), list_bytes=LIMITS.bytes, **limits) as tools:
        previewer = Previewer(
            tools.fetcher, tools.list_fetcher, tools.robots, scope, LIMITS, tools.rendering
        )
        return await previewer.look(params["urls"], max_pages=params["max_pages"])
