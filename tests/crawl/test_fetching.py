"""Fetching one URL: what is fetched, skipped or failed, and the reason it is given."""

import socket
from collections.abc import Iterator

import pytest

from agents.crawl.fetching import Fetcher, crawl_client
from agents.crawl.pace import Pace
from agents.crawl.results import FetchResult, FetchStatus, Refusal
from tasks.outbound.guard import AddressGuard
from tests.crawl.conftest import redirect, reply
from tests.crawl.crawling import fetch, fetching, policy
from tests.site import Site

HTML = "text/html; charset=iso-8859-1"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is reserved, and on which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def outcome(result: FetchResult) -> tuple[str, str]:
    assert bool(result.reason_code) == (not result.is_fetched)
    assert result.reason.endswith(".") or result.is_fetched
    return result.status.value, result.reason_code


async def test_a_page_is_fetched_with_its_bytes_and_charset(site: Site) -> None:
    site.pages["/"] = reply(body=b"<p>\xfc</p>", content_type=HTML)
    result = await fetch(f"{site.url}/")
    assert result.status is FetchStatus.FETCHED
    assert (result.http_status, result.content_type) == (200, HTML)
    assert (result.media_type, result.body) == ("text/html", b"<p>\xfc</p>")
    assert result.duration_ms >= 0


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "application/xhtml+xml"])
async def test_text_is_fetched(site: Site, media_type: str) -> None:
    site.pages["/"] = reply(body=b"# Text", content_type=media_type)
    assert outcome(await fetch(f"{site.url}/")) == ("fetched", "")


async def test_a_page_without_a_content_type_is_taken_for_html(site: Site) -> None:
    site.pages["/"] = reply(body=b"<p>text</p>")
    assert (await fetch(f"{site.url}/")).media_type == "text/html"


async def test_other_types_are_skipped(site: Site) -> None:
    site.pages["/"] = reply(body=b"\x89PNG", content_type="image/png")
    result = await fetch(f"{site.url}/")
    assert outcome(result) == ("skipped", "unsupported_type")
    assert "image/png" in result.reason
    assert (result.http_status, result.body) == (200, b"")


@pytest.mark.parametrize("body", [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<html>\x00\x01\x02"])
async def test_binary_that_is_called_html_is_skipped(site: Site, body: bytes) -> None:
    site.pages["/"] = reply(body=body, content_type="text/html")
    assert outcome(await fetch(f"{site.url}/")) == ("skipped", "binary")


@pytest.mark.parametrize("media_type", ["application/pdf", "text/html", "application/octet-stream"])
async def test_a_pdf_is_fetched_however_it_is_announced(site: Site, media_type: str) -> None:
    site.pages["/"] = reply(body=b"%PDF-1.7\n\x00\x01", content_type=media_type)
    assert outcome(await fetch(f"{site.url}/")) == ("fetched", "")


@pytest.mark.parametrize("media_type", ["application/pdf", "application/octet-stream"])
async def test_what_is_called_a_document_but_is_none_is_skipped(
    site: Site, media_type: str
) -> None:
    site.pages["/"] = reply(body=b"just text", content_type=media_type)
    assert outcome(await fetch(f"{site.url}/")) == ("skipped", "binary")


async def test_utf_16_is_no_binary(site: Site) -> None:
    site.pages["/"] = reply(body="<p>text</p>".encode("utf-16"), content_type="text/html")
    assert outcome(await fetch(f"{site.url}/")) == ("fetched", "")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500, 501, 599])
async def test_an_error_of_the_server_is_told_with_its_status(site: Site, status: int) -> None:
    site.pages["/"] = reply(status)
    result = await fetch(f"{site.url}/")
    assert outcome(result) == ("failed", f"http_{status}")
    assert result.http_status == status
    assert str(status) in result.reason
    assert site.requests["/"] == 1


async def test_a_host_that_does_not_resolve_is_named() -> None:
    result = await fetch("http://nosuchhost.invalid/", retries=0)
    assert outcome(result) == ("failed", "dns_error")
    assert "nosuchhost.invalid" in result.reason


async def test_a_refused_connection_is_told(closed_port: int) -> None:
    result = await fetch(f"http://127.0.0.1:{closed_port}/")
    assert outcome(result) == ("failed", "connection_refused")


async def test_a_server_without_tls_is_told(site: Site) -> None:
    result = await fetch(site.url.replace("http:", "https:") + "/")
    assert outcome(result) == ("failed", "tls_error")


async def test_a_private_address_is_not_connected_to(site: Site) -> None:
    site.pages["/"] = "<p>secret</p>"
    guard = AddressGuard()
    async with crawl_client(guard, policy(), connections=1) as client:
        result = await Fetcher(client, guard, policy(), Pace()).fetch(f"{site.url}/")
    assert outcome(result) == ("failed", "private_address")
    assert not site.requests


async def test_redirects_are_followed_to_the_final_url(site: Site) -> None:
    site.pages |= {"/": redirect("/a", 301), "/a": redirect("b?x=1", 308), "/b": "<p>here</p>"}
    result = await fetch(f"{site.url}/")
    assert outcome(result) == ("fetched", "")
    assert (result.final_url, result.body) == (f"{site.url}/b?x=1", b"<p>here</p>")


async def test_a_redirect_loop_is_recognised(site: Site) -> None:
    site.pages |= {"/": redirect("/a"), "/a": redirect("/")}
    assert outcome(await fetch(f"{site.url}/")) == ("failed", "redirect_loop")
    assert site.requests.total() == 2


async def test_redirects_without_end_are_given_up(site: Site) -> None:
    site.pages |= {f"/{n}": redirect(f"/{n + 1}") for n in range(20)}
    result = await fetch(f"{site.url}/0", max_redirects=5)
    assert outcome(result) == ("failed", "too_many_redirects")
    assert site.requests.total() == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://0xa9fea9fe/",
        "http://[::1]:8080/",
    ],
)
async def test_a_redirect_to_a_private_address_is_refused(site: Site, target: str) -> None:
    site.pages["/"] = redirect(target)
    result = await fetch(f"{site.url}/")
    assert outcome(result) == ("failed", "redirect_private_address")
    assert "private address" in result.reason


async def test_a_redirect_to_a_port_of_another_service_is_refused(site: Site) -> None:
    site.pages["/"] = redirect("http://127.0.0.1:25/")
    assert outcome(await fetch(f"{site.url}/")) == ("failed", "redirect_blocked_port")


@pytest.mark.parametrize("target", ["javascript:alert(1)", "file:///etc/passwd", "http://[bad/"])
async def test_a_redirect_to_something_else_than_a_website_is_refused(
    site: Site, target: str
) -> None:
    site.pages["/"] = redirect(target)
    assert outcome(await fetch(f"{site.url}/")) == ("failed", "bad_redirect")


async def test_whoever_fetches_decides_about_redirects(site: Site) -> None:
    site.pages |= {"/": redirect("/a"), "/a": "<p>not to be seen</p>"}

    async def closed(target: str) -> Refusal:
        return Refusal("closed", f"Nobody may go to {target}.")

    async with fetching() as fetcher:
        result = await fetcher.fetch(f"{site.url}/", gate=closed)
    assert outcome(result) == ("skipped", "closed")
    assert result.final_url == f"{site.url}/a"
    assert site.requests["/a"] == 0
