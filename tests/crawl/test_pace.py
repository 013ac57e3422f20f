"""How many requests an origin gets at once, and how fast one after the other."""

from __future__ import annotations

import asyncio
import time

import pytest

from agents.crawl.pace import MAX_CRAWL_DELAY, RECOVERY, Pace
from tests.crawl.crawling import turns_at_once

BUSY = "http://busy.example"
FAST = "http://fast.example"


async def take_turn(pace: Pace, origin: str) -> None:
    async with pace.turn(origin):
        pass


async def taking(pace: Pace, times: int) -> float:
    """The seconds that so many turns at one origin take."""
    started = time.monotonic()
    await asyncio.gather(*(take_turn(pace, BUSY) for _ in range(times)))
    return time.monotonic() - started


async def test_an_origin_gets_no_more_requests_at_once_than_allowed() -> None:
    assert await turns_at_once(Pace(per_host=3), BUSY, 10) == 3


async def test_each_origin_has_turns_of_its_own() -> None:
    pace = Pace(per_host=1)
    async with asyncio.timeout(1), pace.turn(BUSY), pace.turn(FAST):
        pass


async def test_a_rate_keeps_requests_apart() -> None:
    assert await taking(Pace(rate=20), 5) >= 0.2


async def test_a_crawl_delay_keeps_requests_apart_and_makes_them_one_at_a_time() -> None:
    pace = Pace(rate=1000)
    pace.slow_down(BUSY, 0.1)
    assert await taking(pace, 4) >= 0.3
    assert await turns_at_once(pace, BUSY, 3) == 1


async def test_a_crawl_delay_beyond_reason_is_shortened() -> None:
    pace = Pace()
    pace.slow_down(BUSY, 10 * MAX_CRAWL_DELAY)
    await take_turn(pace, BUSY)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await take_turn(pace, BUSY)


async def test_after_a_pause_every_request_to_the_host_waits() -> None:
    pace = Pace()
    pace.pause(BUSY, 0.2)
    assert await taking(pace, 3) >= 0.2


async def test_one_host_does_not_slow_down_another() -> None:
    pace = Pace()
    pace.pause(BUSY, MAX_CRAWL_DELAY)
    async with asyncio.timeout(1):
        await take_turn(pace, FAST)


async def test_an_overloaded_origin_is_asked_half_as_much_until_it_answers_well() -> None:
    pace = Pace(per_host=4, backoff_base=0.001)
    pace.overloaded(BUSY)
    assert await turns_at_once(pace, BUSY, 8) == 2
    pace.overloaded(BUSY)
    pace.overloaded(BUSY)
    assert await turns_at_once(pace, BUSY, 8) == 1
    for _ in range(3 * RECOVERY):
        pace.answered(BUSY)
    assert await turns_at_once(pace, BUSY, 8) == 4


async def test_each_further_overload_makes_for_a_longer_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ceiling(attempt: int, *, base: float, cap: float) -> float:
        return min(cap, base * 2**attempt)

    monkeypatch.setattr("agents.crawl.pace.backoff_seconds", ceiling)
    pace = Pace(backoff_base=0.05, backoff_cap=0.2)
    rests = []
    for _ in range(4):
        pace.overloaded(BUSY)
        rests.append(await taking(pace, 1))
    for rest, least in zip(rests, [0.05, 0.1, 0.2, 0.2], strict=True):
        assert rest >= least * 0.95


async def test_retry_after_is_longer_than_the_backoff() -> None:
    pace = Pace(backoff_base=0.001)
    pace.overloaded(BUSY, retry_after=0.2)
    assert await taking(pace, 1) >= 0.19


async def test_a_turn_that_was_cancelled_is_free_again() -> None:
    pace = Pace(per_host=1)
    async with pace.turn(BUSY):
        waiting = asyncio.create_task(take_turn(pace, BUSY))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
    async with asyncio.timeout(1):
        await take_turn(pace, BUSY)
