"""Whole crawls of small websites."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from agents.crawl.frontier import Frontier
from tests.crawl.conftest import hang_until, redirect, reply
from tests.crawl.crawling import by_path, crawl, left_out, links, path_of
from tests.site import Page, Site


@pytest.fixture
def docs(site: Site) -> Site:
    """A small site with everything that a crawl must tell apart."""
    site.pages |= {
        "/docs/": links("a.html", "b.html#x", "/blog/", "manual.zip", "missing.html"),
        "/docs/a.html": links("b.html", "a.html", "deep/c.html"),
        "/docs/b.html": links("/docs/", "http://other.example/"),
        "/docs/deep/c.html": links("d.html"),
        "/docs/deep/d.html": "<p>d</p>",
        "/blog/": "<p>blog</p>",
    }
    return site


async def test_every_page_within_scope_is_fetched_once(docs: Site) -> None:
    assert by_path(await crawl(f"{docs.url}/docs/")) == {
        "/docs/": "fetched",
        "/docs/a.html": "fetched",
        "/docs/b.html": "fetched",
        "/docs/missing.html": "failed: http_404",
        "/docs/deep/c.html": "fetched",
        "/docs/deep/d.html": "fetched",
    }
    assert set(docs.requests.values()) == {1}
    assert docs.requests["/blog/"] == docs.requests["/docs/manual.zip"] == 0


async def test_one_page_at_a_time_the_order_is_that_of_the_links(docs: Site) -> None:
    outcomes = await crawl(f"{docs.url}/docs/", concurrency=1)
    positions = [outcome.entry.position for outcome in outcomes]
    assert positions == sorted(positions)
    assert [outcome.entry.depth for outcome in outcomes] == [0, 1, 1, 1, 2, 3]


async def test_each_outcome_names_what_it_found(docs: Site) -> None:
    outcomes = await crawl(f"{docs.url}/docs/", concurrency=1)
    found = [[path_of(entry) for entry in outcome.found] for outcome in outcomes]
    assert found == [
        ["/docs/a.html", "/docs/b.html", "/docs/missing.html"],
        ["/docs/deep/c.html"],
        [],
        [],
        ["/docs/deep/d.html"],
        [],
    ]


async def test_max_depth_is_obeyed(docs: Site) -> None:
    outcomes = await crawl(f"{docs.url}/docs/", max_depth=1)
    assert {outcome.entry.depth for outcome in outcomes} == {0, 1}


async def test_max_pages_is_obeyed(docs: Site) -> None:
    assert len(await crawl(f"{docs.url}/docs/", max_pages=3)) == 3
    assert sum(path in docs.pages for path in docs.requests) == 3


async def test_pages_that_were_skipped_do_not_use_up_max_pages(site: Site) -> None:
    site.pages |= {
        "/": links("/image", "/a"),
        "/image": reply(body=b"GIF8", content_type="image/gif"),
        "/a": "<p>a</p>",
    }
    outcomes = by_path(await crawl(f"{site.url}/", max_pages=2))
    assert outcomes == {"/": "fetched", "/image": "skipped: unsupported_type", "/a": "fetched"}


async def test_an_excluded_start_url_is_skipped(docs: Site) -> None:
    outcomes = await crawl(f"{docs.url}/docs/", exclude=["/docs/*"])
    assert by_path(outcomes) == {"/docs/": "skipped: excluded"}


async def test_a_page_that_asks_not_to_be_kept_still_leads_on(site: Site) -> None:
    site.pages |= {
        "/": '<meta name="robots" content="noindex"><a href="/a">a</a>',
        "/a": "<p>a</p>",
    }
    outcomes = await crawl(f"{site.url}/")
    assert by_path(outcomes) == {"/": "skipped: noindex", "/a": "fetched"}
    assert outcomes[0].result.body == b""


async def test_the_robots_header_is_obeyed(site: Site) -> None:
    def tagged(tag: str) -> Page:
        return reply(body=links("/found").encode(), content_type="text/html", x_robots_tag=tag)

    site.pages |= {
        "/": links("/kept", "/unkept", "/unfollowed", "/others"),
        "/kept": tagged("max-snippet: 20, index"),
        "/unkept": tagged("noindex"),
        "/unfollowed": tagged("TestCrawler: NoFollow, noindex"),
        "/others": tagged("otherbot: noindex, nofollow"),
        "/found": "<p>found</p>",
    }
    outcomes = await crawl(f"{site.url}/")
    assert by_path(outcomes) == {
        "/": "fetched",
        "/kept": "fetched",
        "/unkept": "skipped: noindex",
        "/unfollowed": "skipped: noindex",
        "/others": "fetched",
        "/found": "fetched",
    }
    site.pages["/"] = links("/unfollowed")
    assert by_path(await crawl(f"{site.url}/")).keys() == {"/", "/unfollowed"}


async def test_a_page_that_sends_its_readers_on_is_not_kept(site: Site) -> None:
    site.pages |= {
        "/": '<meta http-equiv="refresh" content="0; url=/en/"><p>Redirecting</p>',
        "/en/": "<p>text</p>",
    }
    assert by_path(await crawl(f"{site.url}/")) == {"/": "skipped: redirected", "/en/": "fetched"}


async def test_a_page_that_redirects_to_a_known_one_is_not_kept_twice(site: Site) -> None:
    site.pages |= {"/": links("/old", "/new"), "/old": redirect("/new"), "/new": "<p>new</p>"}
    outcomes = await crawl(f"{site.url}/")
    assert by_path(outcomes) == {"/": "fetched", "/old": "skipped: redirected", "/new": "fetched"}
    assert site.requests["/new"] == 1
    reasons = [outcome.result.reason for outcome in outcomes if outcome.result.reason]
    assert reasons == [f"It redirects to {site.url}/new, which is a page of its own."]


async def test_two_pages_that_redirect_to_one_are_kept_once(site: Site) -> None:
    site.pages |= {
        "/": links("/one", "/two"),
        "/one": redirect("/new"),
        "/two": redirect("/new"),
        "/new": links("/new"),
    }
    outcomes = by_path(await crawl(f"{site.url}/"))
    assert sorted([outcomes["/one"], outcomes["/two"]]) == ["fetched", "skipped: redirected"]
    assert site.requests["/new"] == 1


async def test_a_redirect_out_of_scope_is_not_followed(site: Site) -> None:
    site.pages |= {
        "/docs/": links("a", "b", "c"),
        "/docs/a": redirect("/login"),
        "/docs/b": redirect("http://other.example/"),
        "/docs/c": redirect("http://169.254.169.254/"),
    }
    assert by_path(await crawl(f"{site.url}/docs/")) == {
        "/docs/": "fetched",
        "/docs/a": "skipped: redirect_out_of_scope",
        "/docs/b": "skipped: redirect_out_of_scope",
        "/docs/c": "failed: redirect_private_address",
    }
    assert site.requests["/login"] == 0


async def test_a_start_url_that_moved_within_its_site_is_followed(site: Site) -> None:
    site.pages |= {
        "/latest/": redirect("/5.2/"),
        "/5.2/": links("a"),
        "/5.2/a": "<p>a</p>",
    }
    assert by_path(await crawl(f"{site.url}/latest/")) == {
        "/latest/": "fetched",
        "/5.2/a": "fetched",
    }


async def test_links_queued_before_a_start_url_moved_are_left_out_again(site: Site) -> None:
    site.pages |= {
        "/news/": links("/blog/", "/news/a"),
        "/docs": redirect("/docs/"),
        "/docs/": links("/docs/a", "/shop/"),
        "/news/a": "<p>a</p>",
        "/docs/a": "<p>a</p>",
    }
    outcomes = await crawl(f"{site.url}/news/", f"{site.url}/docs", concurrency=1)
    assert by_path(outcomes) == {
        "/news/": "fetched",
        "/docs": "fetched",
        "/blog/": "skipped: out_of_scope",
        "/news/a": "fetched",
        "/docs/a": "fetched",
    }
    assert site.requests["/blog/"] == 0


async def test_an_interrupted_crawl_fetches_only_what_is_missing(
    docs: Site, release: threading.Event
) -> None:
    page = docs.pages["/docs/a.html"]
    docs.pages["/docs/a.html"] = hang_until(release)
    first = await crawl(f"{docs.url}/docs/", stop_after=3, page_timeout=20)
    done = {outcome.entry for outcome in first}
    waiting = {entry for outcome in first for entry in outcome.found} - done
    assert f"{docs.url}/docs/a.html" in {entry.url for entry in waiting}

    docs.pages["/docs/a.html"] = page
    docs.requests.clear()
    frontier = Frontier(100)
    frontier.restore(waiting, [(entry, "") for entry in done], [], {}, counted=len(done))
    second = await crawl(f"{docs.url}/docs/", frontier=frontier)

    assert len(first) + len(second) == len(by_path([*first, *second])) == 6
    assert not docs.requests.keys() & by_path(first).keys()
    assert by_path(second).keys() <= docs.requests.keys()


async def test_outcomes_do_not_wait_for_a_page_that_hangs(
    site: Site, release: threading.Event
) -> None:
    site.pages |= {"/": links("/hangs", "/a"), "/hangs": hang_until(release), "/a": "<p>a</p>"}
    async with asyncio.timeout(3):
        outcomes = await crawl(f"{site.url}/", stop_after=2, page_timeout=20)
    assert by_path(outcomes) == {"/": "fetched", "/a": "fetched"}


async def test_a_host_that_hangs_does_not_hold_up_another(
    site: Site, release: threading.Event
) -> None:
    slow, fast = site.url.replace("127.0.0.1", "localhost"), site.url
    names = [str(n) for n in range(10)]
    site.pages |= {"/slow/": links(*names), "/fast/": links(*names)}
    site.pages |= {f"/slow/{name}": hang_until(release) for name in names}
    site.pages |= {f"/fast/{name}": "<p>fast</p>" for name in names}
    async with asyncio.timeout(10):
        outcomes = await crawl(f"{slow}/slow/", f"{fast}/fast/", stop_after=12, page_timeout=60)
    assert by_path(outcomes) == dict.fromkeys(
        ["/slow/", "/fast/", *(f"/fast/{name}" for name in names)], "fetched"
    )


async def test_a_cancelled_crawl_stops_at_once(site: Site, release: threading.Event) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(_: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(arrived.set)
        release.wait()

    site.pages["/"] = hang
    running = asyncio.create_task(crawl(f"{site.url}/", page_timeout=20))
    await arrived.wait()
    running.cancel()
    async with asyncio.timeout(1):
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_what_is_no_part_of_the_crawl_is_told_with_its_reason(docs: Site) -> None:
    docs.pages["/docs/b.html"] = links("/docs/x/x/x/", "/blog/", "http://other.example/y")
    outcomes = await crawl(f"{docs.url}/docs/", max_depth=2, exclude=["*/missing.html"])
    assert left_out(outcomes) == {
        "/blog/": "out_of_scope",
        "/docs/manual.zip": "not_a_page",
        "/docs/missing.html": "excluded",
        "/docs/x/x/x/": "trap_repeating_path",
        "/y": "out_of_scope",
        "/docs/deep/d.html": "too_deep",
    }


async def test_other_spellings_of_a_page_are_not_fetched(site: Site) -> None:
    site.pages |= {
        "/": links("/index.html", "/a", "/a/", "/a?utm_source=x", "/b?x=1&y=2", "/b?y=2&x=1"),
        "/a": "<p>a</p>",
        "/b": "<p>b</p>",
    }
    outcomes = by_path(await crawl(f"{site.url}/"))
    assert outcomes == {"/": "fetched", "/a": "fetched", "/b?x=1&y=2": "fetched"}


async def test_a_page_that_is_missing_in_one_spelling_is_fetched_in_the_other(site: Site) -> None:
    site.pages |= {"/": links("/a", "/a/"), "/a/": "<p>a</p>"}
    outcomes = by_path(await crawl(f"{site.url}/"))
    assert outcomes == {"/": "fetched", "/a": "failed: http_404", "/a/": "fetched"}


async def test_session_ids_do_not_multiply_pages(site: Site) -> None:
    def page(handler: BaseHTTPRequestHandler) -> None:
        session = site.requests.total()
        body = links(f"/a?PHPSESSID={session}", f"/b;jsessionid={session}").encode()
        reply(body=body, content_type="text/html")(handler)

    site.pages |= {"/": page, "/a": page} | {f"/b;jsessionid={n}": page for n in range(50)}
    assert len(await crawl(f"{site.url}/")) == 3


async def test_the_canonical_url_of_a_page_comes_with_its_outcome(site: Site) -> None:
    site.pages |= {
        "/": links("/a?sort=up"),
        "/a": '<link rel="canonical" href="/a"><p>a</p>',
    }
    outcomes = await crawl(f"{site.url}/")
    assert {outcome.entry.url: outcome.canonical for outcome in outcomes} == {
        f"{site.url}/": "",
        f"{site.url}/a?sort=up": f"{site.url}/a",
        f"{site.url}/a": "",
    }
