"""How fast each host wants to be asked: robots.txt's Crawl-delay and Retry-After."""

from __future__ import annotations

import asyncio
from collections import defaultdict

MAX_CRAWL_DELAY = 30.0
"""Seconds. A longer Crawl-delay is shortened to this: no crawl would ever end with it."""


class Pace:
    """Makes requests to one origin wait for their turn."""

    def __init__(self) -> None:
        self._delays: dict[str, float] = defaultdict(float)
        self._free_at: dict[str, float] = defaultdict(float)

    def slow_down(self, origin: str, seconds: float) -> None:
        """Leave at least `seconds` between two requests to the origin."""
        self._delays[origin] = min(seconds, MAX_CRAWL_DELAY)

    def pause(self, origin: str, seconds: float) -> None:
        """Ask the origin nothing for `seconds`."""
        self._free_at[origin] = max(self._free_at[origin], _now() + seconds)

    async def turn(self, origin: str) -> None:
        """Wait until the origin may be asked, and take this turn."""
        # Whoever waits is woken by the clock, not by an event; a pause may come in meanwhile.
        while (wait := self._free_at[origin] - _now()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait)
        self._free_at[origin] = _now() + self._delays[origin]


def _now() -> float:
    return asyncio.get_running_loop().time()
