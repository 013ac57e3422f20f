"""When which fault strikes: at random moments, at a mean rate, until all have struck."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping

from tests.chaos.faults import Blow, Fault, Missed, Striker, resume

EMBEDDED: Mapping[Fault, int] = {
    Fault.POOL: 50,
    Fault.WORKER: 12,
    Fault.BEAT: 8,
    Fault.WEB: 10,
    Fault.VALKEY: 9,
    Fault.VALKEY_EMPTIED: 6,
    Fault.PAUSE: 5,
}
"""The shares of the faults where Valkey is the stack's own."""

SHARED: Mapping[Fault, int] = {
    Fault.POOL: 53,
    Fault.WORKER: 13,
    Fault.BEAT: 9,
    Fault.WEB: 11,
    Fault.MESSAGES: 9,
    Fault.PAUSE: 5,
}
"""The same where broker and Redis serve others, too, and must not be killed."""

LOOK_AGAIN = 0.05
"""Seconds."""

EXTRA_SECONDS = 120.0
"""What a run gets beyond its time, on a machine too busy for as many blows in it as were asked for.
Each has to wait for what the one before it has killed."""


class Injector:
    """Strikes `kills` times, within about `seconds` where the machine keeps up.

    `blows` is what it did. One process at most is paused at a time, or nobody would be left to
    take its step over.
    """

    def __init__(
        self, striker: Striker, shares: Mapping[Fault, int], lease_seconds: float, seed: int
    ) -> None:
        self.blows: list[Blow] = []
        self._striker, self._lease_seconds = striker, lease_seconds
        self._dice = random.Random(seed)
        self._faults, self._weights = list(shares), list(shares.values())
        self._paused: asyncio.Task[None] | None = None

    async def run(self, kills: int, seconds: float) -> None:
        """Strike, and let go of what is paused at the end."""
        due = time.monotonic() + seconds
        deadline = due + EXTRA_SECONDS
        try:
            while len(self.blows) < kills and time.monotonic() < deadline:
                await asyncio.sleep(self._gap(kills, due))
                await self._strike(self._next_fault(), deadline)
        finally:
            if self._paused:
                await self._paused

    def _gap(self, kills: int, due: float) -> float:
        """Seconds to the next blow. Exponential, as events that know nothing of each other."""
        mean = max(due - time.monotonic(), 0) / (kills - len(self.blows))
        return min(self._dice.expovariate(1), 4) * mean

    def _next_fault(self) -> Fault:
        (fault,) = self._dice.choices(self._faults, weights=self._weights)
        if fault is Fault.PAUSE and self._paused and not self._paused.done():
            return Fault.POOL
        return fault

    async def _strike(self, fault: Fault, deadline: float) -> None:
        """Strike as soon as there is something to hit."""
        # What is waited for is another process's state, which sets no event here.
        while not await self._struck(fault) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_AGAIN)

    async def _struck(self, fault: Fault) -> bool:
        """Strike, unless what is to be hit is not up yet."""
        try:
            if fault is Fault.PAUSE:
                blow, descriptor = await asyncio.to_thread(self._striker.pause)
                self._paused = asyncio.create_task(self._resume_later(descriptor))
            else:
                blow = await asyncio.to_thread(self._striker.strike, fault)
        except Missed:
            return False
        self.blows.append(blow)
        return True

    async def _resume_later(self, descriptor: int) -> None:
        try:
            await asyncio.sleep(self._lease_seconds * self._dice.uniform(1.2, 1.6))
        finally:
            resume(descriptor)
