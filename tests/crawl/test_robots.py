"""robots.txt is obeyed, as RFC 9309 has it."""

import time

import pytest

from tests.crawl.conftest import redirect, reply
from tests.crawl.crawling import by_path, crawl, links
from tests.site import Site


async def test_disallowed_pages_are_skipped_and_never_asked_for(site: Site) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /private/\nAllow: /private/open",
        "/": links("/private/a", "/private/open", "/b"),
        "/private/open": "<p>open</p>",
        "/b": "<p>b</p>",
    }
    assert by_path(await crawl(f"{site.url}/")) == {
        "/": "fetched",
        "/private/a": "skipped: robots",
        "/private/open": "fetched",
        "/b": "fetched",
    }
    assert site.requests["/private/a"] == 0
    assert site.requests["/robots.txt"] == 1


async def test_rules_for_this_crawler_win_over_those_for_all(site: Site) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: TestCrawler\nDisallow: /a\n\nUser-agent: *\nDisallow: /",
        "/": links("/a", "/b"),
        "/b": "<p>b</p>",
    }
    outcomes = by_path(await crawl(f"{site.url}/"))
    assert outcomes == {"/": "fetched", "/a": "skipped: robots", "/b": "fetched"}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_robots_txt_that_is_not_there_allows_everything(site: Site, status: int) -> None:
    site.pages |= {"/robots.txt": reply(status), "/": "<p>home</p>"}
    assert by_path(await crawl(f"{site.url}/")) == {"/": "fetched"}


async def test_a_robots_txt_that_redirects_for_ever_allows_everything(site: Site) -> None:
    site.pages |= {"/robots.txt": redirect("/robots.txt"), "/": "<p>home</p>"}
    assert by_path(await crawl(f"{site.url}/")) == {"/": "fetched"}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_robots_txt_that_cannot_be_read_disallows_everything(
    site: Site, status: int
) -> None:
    site.pages |= {"/robots.txt": reply(status), "/": "<p>home</p>"}
    (outcome,) = await crawl(f"{site.url}/")
    assert outcome.result.reason_code == "robots_unreachable"
    assert str(status) in outcome.result.reason
    assert site.requests["/"] == 0


async def test_a_host_that_does_not_answer_fails_with_that_reason() -> None:
    (outcome,) = await crawl("http://nosuchhost.invalid/", retries=0)
    assert (outcome.result.status, outcome.result.reason_code) == ("failed", "dns_error")


async def test_a_redirect_to_a_disallowed_page_is_not_followed(site: Site) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /private",
        "/": redirect("/private"),
        "/private": "<p>private</p>",
    }
    assert by_path(await crawl(f"{site.url}/")) == {"/": "skipped: robots"}
    assert site.requests["/private"] == 0


async def test_the_crawl_delay_is_honoured(site: Site) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nCrawl-delay: 0.2",
        "/": links("/a", "/b"),
        "/a": "<p>a</p>",
        "/b": "<p>b</p>",
    }
    started = time.monotonic()
    await crawl(f"{site.url}/")
    assert time.monotonic() - started >= 0.4
