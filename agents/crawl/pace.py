"""How fast each origin wants to be asked: Crawl-delay, Retry-After, and what it can bear."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agents.crawl.backoff import backoff_seconds

MAX_CRAWL_DELAY = 30.0
"""Seconds. A longer Crawl-delay is shortened to this: no crawl would ever end with it."""

RECOVERY = 10
"""Answers in a row without trouble after which an origin is asked one more thing at a time."""


@dataclass(slots=True)
class _Origin:
    """What is known of one origin.

    Args:
        most: requests at once that it bears now.
        delay: seconds between the starts of two requests.
    """

    most: int
    delay: float
    running: int = 0
    free_at: float = 0.0
    troubles: int = 0
    answers: int = 0
    freed: asyncio.Condition = field(default_factory=asyncio.Condition)


class Pace:
    """Makes requests to one origin wait for their turn.

    An origin that is overloaded is left alone for a while that doubles with each time, and is
    then asked half as much at once; it wins that back while it answers well.

    Args:
        per_host: requests to one origin at once.
        rate: requests a second to one origin; 0 sets no limit.
        backoff_base, backoff_cap: seconds; see `backoff_seconds`.
    """

    def __init__(
        self,
        *,
        per_host: int = 16,
        rate: float = 0.0,
        backoff_base: float = 0.5,
        backoff_cap: float = 10.0,
    ) -> None:
        self._per_host = per_host
        self._backoff = (backoff_base, backoff_cap)
        delay = 1 / rate if rate else 0.0
        self._origins: dict[str, _Origin] = defaultdict(lambda: _Origin(per_host, delay))
        self._closed: dict[str, float] = {}

    def slow_down(self, origin: str, seconds: float) -> None:
        """Leave at least `seconds` between two requests to the origin, and make one at a time."""
        known = self._origins[origin]
        known.delay = max(known.delay, min(seconds, MAX_CRAWL_DELAY))
        if seconds:
            known.most = 1

    def pause(self, origin: str, seconds: float) -> None:
        """Ask the origin nothing for `seconds`."""
        known = self._origins[origin]
        known.free_at = max(known.free_at, _now() + seconds)

    def overloaded(self, origin: str, *, retry_after: float = 0.0) -> None:
        """The origin did not manage a request. `retry_after` is how many seconds it asked for."""
        known = self._origins[origin]
        known.answers = 0
        known.most = max(1, known.most // 2)
        base, cap = self._backoff
        self.pause(origin, max(retry_after, backoff_seconds(known.troubles, base=base, cap=cap)))
        known.troubles += 1

    def answered(self, origin: str) -> None:
        """The origin managed a request."""
        known = self._origins[origin]
        known.troubles = 0
        known.answers += 1
        if known.answers >= RECOVERY and known.most < self._per_host and not known.delay:
            known.answers = 0
            known.most += 1

    def close(self, origin: str, seconds: float) -> None:
        """Ask the origin nothing more in this crawl: it wants to rest for `seconds`."""
        self._closed[origin] = seconds

    def rest_of(self, origin: str) -> float:
        """For how many seconds an origin that was closed wants to rest; 0 if it is open."""
        return self._closed.get(origin, 0.0)

    @asynccontextmanager
    async def turn(self, origin: str) -> AsyncIterator[None]:
        """Wait until the origin may be asked, and hold that turn while it is."""
        known = self._origins[origin]
        async with known.freed:
            await known.freed.wait_for(lambda: known.running < known.most)
            known.running += 1
        try:
            # Whoever waits is woken by the clock; a pause may come in meanwhile.
            while (wait := known.free_at - _now()) > 0:  # noqa: ASYNC110
                await asyncio.sleep(wait)
            known.free_at = _now() + known.delay
            yield
        finally:
            known.running -= 1
            async with known.freed:
                # More than one may go on when the origin has just won back what it bears.
                known.freed.notify(max(0, known.most - known.running))


def _now() -> float:
    return asyncio.get_running_loop().time()
