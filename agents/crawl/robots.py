"""robots.txt (RFC 9309), read once per origin and crawl."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from protego import Protego

from agents.crawl.backoff import RETRIED_STATUSES
from agents.crawl.faults import failed
from agents.crawl.fetching import Fetcher
from agents.crawl.pace import Pace
from agents.crawl.results import FetchResult, Refusal
from agents.crawl.urls import origin_of

_DISALLOWED = Refusal("robots", "The site's robots.txt asks crawlers not to fetch this page.")


class Robots:
    """What the robots.txt of each origin allows.

    As RFC 9309, section 2.3.1, has it: a robots.txt that is not there (4xx, or a chain of
    redirects without end) allows everything. One that cannot be reached (5xx, 429, no connection),
    after the fetcher's retries, disallows everything: those pages fail with that reason.

    Args:
        fetcher: how robots.txt is fetched.
        pace: learns each Crawl-delay.
        user_agent: the name that rules may speak to.
    """

    def __init__(self, fetcher: Fetcher, pace: Pace, user_agent: str) -> None:
        self._fetcher = fetcher
        self._pace = pace
        self._user_agent = user_agent
        self._verdicts: dict[str, Protego | Refusal] = {}
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def refusal(self, url: str) -> Refusal | None:
        """Why the normalized URL must not be fetched, None if it may be."""
        return self._judge(await self._verdict(origin_of(url)), url)

    async def sitemaps(self, origin: str) -> list[str]:
        """The sitemaps that the origin's robots.txt names, as it writes them."""
        verdict = await self._verdict(origin)
        return [] if isinstance(verdict, Refusal) else list(verdict.sitemaps)

    def known_refusal(self, url: str) -> Refusal | None:
        """The same as `refusal`, but only from what was read already; None if that is nothing."""
        verdict = self._verdicts.get(origin_of(url))
        return self._judge(verdict, url) if verdict else None

    def crawl_delays(self) -> dict[str, float]:
        """Seconds between two requests that each origin read so far asks for, if it asks."""
        delays = {
            origin: verdict.crawl_delay(self._user_agent)
            for origin, verdict in self._verdicts.items()
            if not isinstance(verdict, Refusal)
        }
        return {origin: delay for origin, delay in delays.items() if delay}

    def _judge(self, verdict: Protego | Refusal, url: str) -> Refusal | None:
        if isinstance(verdict, Refusal):
            return verdict
        return None if verdict.can_fetch(url, self._user_agent) else _DISALLOWED

    async def _verdict(self, origin: str) -> Protego | Refusal:
        if origin not in self._verdicts:
            async with self._locks[origin]:
                if origin not in self._verdicts:
                    self._verdicts[origin] = await self._load(origin)
        return self._verdicts[origin]

    async def _load(self, origin: str) -> Protego | Refusal:
        result = await self._fetcher.fetch(f"{origin}/robots.txt", accept=None)
        if result.is_fetched:
            rules = Protego.parse(result.body.decode("utf-8-sig", "replace"))
            self._pace.slow_down(origin, rules.crawl_delay(self._user_agent) or 0.0)
            return rules
        if _is_unavailable(result):
            return Protego.parse("")
        return _unreachable(result)


def _is_unavailable(result: FetchResult) -> bool:
    if result.reason_code in ("redirect_loop", "too_many_redirects"):
        return True
    status = result.http_status
    return status is not None and 400 <= status < 500 and status not in RETRIED_STATUSES


def _unreachable(result: FetchResult) -> Refusal:
    if result.http_status is None:
        # Nobody answered at all: the page's own request would end in the same way.
        return failed(result.reason_code, result.reason)
    return failed(
        "robots_unreachable",
        f"robots.txt cannot be read, so nothing may be fetched from there: {result.reason}",
    )
