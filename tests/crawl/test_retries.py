"""Faults that pass are waited for, as long as the server asks and the policy allows."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from agents.crawl.backoff import backoff_seconds
from agents.crawl.pace import Pace
from tasks.outbound.retry_after import retry_after_seconds
from tests.crawl.conftest import Answer, redirect, reply
from tests.crawl.crawling import fetch, fetching, turns_at_once
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


async def test_a_host_that_asked_for_too_long_is_asked_nothing_more(site: Site) -> None:
    site.pages |= {"/busy": reply(429, retry_after="3600"), "/a": "<p>a</p>"}
    async with fetching() as fetcher:
        await fetcher.fetch(f"{site.url}/busy")
        result = await fetcher.fetch(f"{site.url}/a")
    assert (result.status, result.reason_code) == ("failed", "host_resting")
    assert "3600 seconds" in result.reason
    assert site.requests["/a"] == 0


async def test_one_overloaded_page_slows_down_all_pages_of_its_host(site: Site) -> None:
    site.pages |= {"/busy": reply(503), "/a": "<p>a</p>"}
    pace = Pace(per_host=4, backoff_base=0.001)
    async with fetching(pace, retries=0) as fetcher:
        await fetcher.fetch(f"{site.url}/busy")
    assert await turns_at_once(pace, site.url, 8) == 2


async def test_a_wait_for_the_hosts_turn_is_no_time_that_a_page_takes(site: Site) -> None:
    site.pages["/"] = "<p>home</p>"
    pace = Pace()
    pace.pause(site.url, 0.4)
    async with fetching(pace, page_timeout=0.3, retries=0) as fetcher:
        result = await fetcher.fetch(f"{site.url}/")
    assert result.is_fetched
    assert result.duration_ms < 300


async def test_a_redirect_takes_a_turn_at_the_host_it_leads_to(site: Site) -> None:
    with Site({"/": "<p>there</p>"}) as other:
        site.pages["/"] = redirect(f"{other.url}/")
        pace = Pace()
        pace.pause(other.url, 0.2)
        started = time.monotonic()
        async with fetching(pace) as fetcher:
            assert (await fetcher.fetch(f"{site.url}/")).is_fetched
        assert time.monotonic() - started >= 0.2


async def test_connections_are_used_again(site: Site) -> None:
    ports: set[int] = set()

    def note(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version, handler.close_connection = "HTTP/1.1", False
        ports.add(handler.client_address[1])
        reply(body=b"<p>x</p>", content_type="text/html", content_length="8")(handler)

    site.pages |= {f"/{n}": note for n in range(5)}
    async with fetching() as fetcher:
        for n in range(5):
            await fetcher.fetch(f"{site.url}/{n}")
    assert len(ports) == 1


async def test_requests_have_one_honest_name_and_take_no_cookie(site: Site) -> None:
    seen: list[tuple[str | None, str | None]] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.headers["User-Agent"], handler.headers["Cookie"]))
        reply(body=b"<p>x</p>", content_type="text/html", set_cookie="track=1")(handler)

    site.pages |= {"/": note, "/a": note}
    async with fetching() as fetcher:
        await fetcher.fetch(f"{site.url}/")
        await fetcher.fetch(f"{site.url}/a")
    assert seen == [("TestCrawler/1.0", None)] * 2
