"""One page in the browser: its scripts run until it comes to rest, and its HTML is taken."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error

from agents.crawl.rendering.exchange import Exchange, ScriptRequest
from agents.crawl.rendering.limits import NotRendered, RenderLimits
from agents.crawl.rendering.own_world import HTML, STATE, OwnWorld
from agents.crawl.results import FetchResult
from agents.crawl.spelling import page_key
from agents.crawl.urls import join_links

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Route

LOOK_SECONDS = 0.1
"""Between two looks at what has become of it."""
LOOKS = 4
"""A page in which nothing has changed at so many of them has come to rest. They are counted, not
timed: each takes its turn among the page's own scripts, which may be slow on a busy machine …"""
LOOKS_WITHOUT_TEXT = 20
"""… and as long as it shows hardly any text, a timer may still be about to bring it."""
ENOUGH_TEXT = 200
"""Characters."""

_FETCHED = ("script", "xhr", "fetch")


class Tab:
    """Runs one page that was fetched already.

    Args:
        result: the page as its server sent it, which the browser gets in place of asking for it.

    `leads_to` holds where its scripts wanted to go: there the browser does not follow.
    """

    def __init__(
        self,
        context: BrowserContext,
        exchange: Exchange,
        limits: RenderLimits,
        result: FetchResult,
    ) -> None:
        self._context = context
        self._exchange = exchange
        self._limits = limits
        self._result = result
        self._answering: set[asyncio.Task[None]] = set()
        self._served = self._asked = self._brought = 0
        self.leads_to: list[str] = []

    async def html(self) -> str:
        """What the page has become.

        Raises:
            NotRendered: it has grown too large.
            Error: the browser gave up on it.
        """
        await self._context.route("**/*", self._begin)
        page = await self._context.new_page()
        self._context.on("page", lambda popup: self._do(popup.close()))
        try:
            await page.goto(self._result.final_url, wait_until="commit", timeout=0)
            world = OwnWorld(page, await self._context.new_cdp_session(page))
            await self._wait_for_rest(world)
            html = await world.value(HTML, self._limits.page_bytes)
        finally:
            for task in self._answering:
                task.cancel()
        if html is None:
            raise _too_large(f"{self._limits.page_bytes:,} characters")
        return str(html)

    async def _wait_for_rest(self, world: OwnWorld) -> None:
        loop = asyncio.get_running_loop()
        last_look = loop.time() + min(self._limits.rest_seconds, self._limits.seconds / 2)
        seen, looks = None, 0
        while loop.time() < last_look:
            state = await world.value(STATE, self._limits.nodes)
            if state["nodes"] > self._limits.nodes:
                raise _too_large(f"{self._limits.nodes:,} elements")
            looks = 0 if state != seen or self._answering else looks + 1
            seen = state
            is_filled = state["text"] >= ENOUGH_TEXT or self.leads_to
            if looks >= (LOOKS if is_filled else LOOKS_WITHOUT_TEXT):
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _begin(self, route: Route) -> None:
        """Answer in a task that ends with the page."""
        self._do(self._answer(route))

    def _do(self, work: Any) -> None:
        task = asyncio.ensure_future(_without_errors(work))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, route: Route) -> None:
        request = route.request
        if request.is_navigation_request():
            await self._navigate(route)
        elif request.resource_type in _FETCHED:
            await self._fetch(route)
        elif request.resource_type == "stylesheet":
            # Loaders wait for a style sheet before they run the script that goes with it.
            await route.fulfill(status=200, content_type="text/css", body="")
        else:
            await route.abort("blockedbyclient")

    async def _navigate(self, route: Route) -> None:
        """Hand over the page itself; note where else it wants to go."""
        request = route.request
        target = next(iter(join_links(self._result.final_url, [request.url])), "")
        if not self._is_of_this_page(request) or not target:
            await route.abort("blockedbyclient")
        elif page_key(target) != page_key(self._result.final_url):
            self.leads_to.append(target)
            # This way the page stays as it is, where other errors would replace it.
            await route.abort("aborted")
        elif self._served > self._limits.navigations or request.method != "GET":
            await route.abort("aborted")
        else:
            self._served += 1
            await route.fulfill(
                status=200, content_type=self._result.content_type, body=self._result.body
            )

    def _is_of_this_page(self, request: Request) -> bool:
        try:
            frame = request.frame
        except Error:
            return False  # A window that it opens has none yet.
        return frame.parent_frame is None and frame.page == self._context.pages[0]

    async def _fetch(self, route: Route) -> None:
        request = route.request
        self._asked += 1
        if self._asked > self._limits.requests or self._brought > self._limits.bytes:
            await route.abort("blockedbyclient")
            return
        asked = ScriptRequest(
            request.resource_type,
            request.method,
            request.url,
            request.headers,
            request.post_data_buffer or b"",
        )
        answer = await self._exchange.answer(self._result.final_url, asked)
        if answer is None or answer.http_status is None:
            await route.abort("blockedbyclient")
            return
        self._brought += len(answer.body)
        await route.fulfill(
            status=answer.http_status,
            headers={
                "content-type": answer.content_type or "text/plain",
                "access-control-allow-origin": request.headers.get("origin", "*"),
                "access-control-allow-credentials": "true",
            },
            body=answer.body,
        )


def _too_large(limit: str) -> NotRendered:
    return NotRendered(f"Its scripts made it larger than the limit of {limit}.")


async def _without_errors(work: Any) -> None:
    """The page may be gone before it is answered."""
    with suppress(Error):
        await work
