"""Decides which pages a browser reads, and gives each its outcome, whatever happens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from enum import StrEnum

from agents.crawl.rendering.chromium import Chromium
from agents.crawl.rendering.exchange import Exchange
from agents.crawl.rendering.limits import NotRendered, RenderLimits
from agents.crawl.rendering.shells import is_app_shell
from agents.crawl.results import FetchResult, Refusal

NOT_RENDERED = "not_rendered"
"""The code of the notice on a page that is kept as its server sent it, though it needed more."""
LEADS_ELSEWHERE = "redirected"
_DEATHS_TOLERATED = 10


class Render(StrEnum):
    """Which pages are read as a browser shows them."""

    AUTO = "auto"
    """Those that have no content of their own."""
    NEVER = "never"
    """None."""
    ALWAYS = "always"
    """All."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page after its scripts have run, or as it was.

    Args:
        leads_to: normalized URLs to which its scripts wanted to go.
    """

    result: FetchResult
    leads_to: list[str] = field(default_factory=list)


class Rendering:
    """Renders the pages of one crawl.

    Args:
        when: which of them.
        browser: None where there is none …
        missing: … for this reason, in a sentence.
    """

    def __init__(
        self,
        when: Render,
        browser: Chromium | None,
        exchange: Exchange,
        limits: RenderLimits,
        missing: str = "",
    ) -> None:
        self._when = when
        self._browser = browser
        self._exchange = exchange
        self._limits = limits
        self._missing = missing
        self._room = asyncio.Semaphore(limits.pages_at_once)
        self._deaths = 0

    async def of(self, page: FetchResult) -> Rendered:
        """The HTML page that was fetched, rendered if it is to be. If that fails, it is the same
        as before, with a notice."""
        if not self._is_wanted(page):
            return Rendered(page)
        try:
            async with self._room:
                return await self._render(page)
        except NotRendered as error:
            notice = f"Its scripts were not run, so it is read as the server sent it. {error}"
            return Rendered(page.noted(NOT_RENDERED, notice))

    def _is_wanted(self, page: FetchResult) -> bool:
        if self._when is Render.AUTO:
            return is_app_shell(page.body, page.content_type)
        return self._when is Render.ALWAYS

    async def _render(self, page: FetchResult) -> Rendered:
        """Render it, once more if the browser has died: that may have been another page's fault."""
        from playwright.async_api import Error

        if self._browser is None:
            raise NotRendered(self._missing)
        for _ in range(2):
            try:
                return await self._in_tab(self._browser, page)
            except Error as error:
                fault = error
                if self._browser.death:
                    self._deaths += 1
        raise NotRendered(self._browser.death or "The browser gave up on it.") from fault

    async def _in_tab(self, browser: Chromium, page: FetchResult) -> Rendered:
        from agents.crawl.rendering.tab import Tab

        if self._deaths > _DEATHS_TOLERATED:
            raise NotRendered("The browser has crashed over too many pages of this build.")
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with browser.context() as context:
            tab = Tab(context, self._exchange, self._limits, page)
            try:
                async with asyncio.timeout(self._limits.seconds):
                    html = await tab.html()
            except TimeoutError as error:
                raise NotRendered(
                    f"They did not come to an end within {self._limits.seconds:g} seconds."
                ) from error
        result = replace(
            page,
            body=html.encode("utf-8", "replace"),
            content_type="text/html; charset=utf-8",
            duration_ms=page.duration_ms + round((loop.time() - started) * 1000),
            rendered=True,
        )
        return _judged(result, list(dict.fromkeys(tab.leads_to)))


def _judged(result: FetchResult, leads_to: list[str]) -> Rendered:
    """A page that only led elsewhere is none."""
    if leads_to and is_app_shell(result.body, result.content_type):
        reason = f"Its scripts lead to {leads_to[0]}, which is a page of its own."
        return Rendered(result.dropped(Refusal(LEADS_ELSEWHERE, reason)), leads_to)
    return Rendered(result, leads_to)
