"""Faults that pass are waited for, as long as the server asks and the policy allows."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from agents.crawl.backoff import backoff_seconds
from agents.crawl.pace import MAX_CRAWL_DELAY, Pace
from tasks.outbound.retry_after import retry_after_seconds
from tests.crawl.conftest import Answer, reply
from tests.crawl.crawling import fetch
from tests.site import Site


def busy_once(site: Site, status: int, retry_after: str = "0") -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if site.requests["/busy"] == 1:
            reply(status, retry_after=retry_after)(handler)
        else:
            reply(body=b"<p>at last</p>", content_type="text/html")(handler)

    return answer


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_passing_status_is_tried_again(site: Site, status: int) -> None:
    site.pages["/busy"] = busy_once(site, status)
    assert (await fetch(f"{site.url}/busy")).body == b"<p>at last</p>"
    assert site.requests["/busy"] == 2


async def test_a_page_that_stays_busy_fails_after_its_retries(site: Site) -> None:
    site.pages["/busy"] = reply(503)
    result = await fetch(f"{site.url}/busy", retries=2)
    assert (result.reason_code, result.http_status) == ("http_503", 503)
    assert site.requests["/busy"] == 3


async def test_retry_after_is_honoured(site: Site) -> None:
    arrivals: list[float] = []

    def busy(handler: BaseHTTPRequestHandler) -> None:
        arrivals.append(time.monotonic())
        busy_once(site, 429, retry_after="1")(handler)

    site.pages["/busy"] = busy
    await fetch(f"{site.url}/busy")
    assert arrivals[1] - arrivals[0] >= 0.99


async def take_turn(pace: Pace, origin: str) -> None:
    async with pace.turn(origin):
        pass


async def test_after_a_pause_every_request_to_the_host_waits() -> None:
    pace = Pace()
    pace.pause("http://busy.example", 0.2)
    started = time.monotonic()
    await asyncio.gather(*(take_turn(pace, "http://busy.example") for _ in range(3)))
    assert time.monotonic() - started >= 0.2


async def test_a_server_that_asks_for_too_long_is_not_waited_for(site: Site) -> None:
    site.pages["/busy"] = reply(429, retry_after="3600")
    result = await fetch(f"{site.url}/busy")
    assert result.reason_code == "http_429"
    assert site.requests["/busy"] == 1


@pytest.mark.parametrize(("header", "seconds"), [("12", 12), ("", 0), ("soon", 0), ("-5", 0)])
def test_retry_after_in_seconds(header: str, seconds: float) -> None:
    assert retry_after_seconds(header) == seconds


def test_retry_after_as_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=90)
    assert 85 < retry_after_seconds(format_datetime(moment, usegmt=True)) <= 90
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0


def test_the_backoff_doubles_up_to_its_cap_and_is_jittered() -> None:
    draws = [[backoff_seconds(n, base=1, cap=10) for _ in range(200)] for n in range(6)]
    for ceiling, seconds in zip([1, 2, 4, 8, 10, 10], draws, strict=True):
        assert 0.8 * ceiling < max(seconds) <= ceiling
        assert min(seconds) < 0.2 * ceiling


async def test_a_crawl_delay_keeps_requests_apart() -> None:
    pace = Pace()
    pace.slow_down("http://slow.example", 0.1)
    started = time.monotonic()
    await asyncio.gather(*(take_turn(pace, "http://slow.example") for _ in range(4)))
    assert time.monotonic() - started >= 0.3


async def test_one_host_does_not_slow_down_another() -> None:
    pace = Pace()
    pace.pause("http://slow.example", MAX_CRAWL_DELAY)
    async with asyncio.timeout(1):
        await take_turn(pace, "http://fast.example")
