"""Servers that hang, drip, swell, or speak no HTTP: each page ends with its own reason."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler

import brotli  # type: ignore[import-untyped]
import pytest

from tests.crawl.conftest import hang_until, reply
from tests.crawl.crawling import fetch
from tests.site import Site

LIMIT = 100_000
BOMB = b" " * 50_000_000


async def test_a_server_that_hangs_is_given_up(site: Site, release: threading.Event) -> None:
    site.pages["/"] = hang_until(release)
    result = await fetch(f"{site.url}/", page_timeout=0.2, retries=1)
    assert (result.status, result.reason_code) == ("failed", "timeout")
    assert "0.2 seconds" in result.reason
    assert site.requests["/"] == 2


async def test_a_page_that_drips_ends_at_the_total_timeout(
    site: Site, release: threading.Event
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        reply(content_type="text/html")(handler)
        while not release.wait(0.02):
            handler.wfile.write(b"<p>")

    site.pages["/"] = drip
    started = time.monotonic()
    result = await fetch(f"{site.url}/", page_timeout=0.3, retries=0)
    assert (result.status, result.reason_code) == ("failed", "timeout")
    assert time.monotonic() - started < 2


async def test_a_body_announced_as_too_large_is_not_read(site: Site) -> None:
    site.pages["/"] = reply(content_type="text/html", content_length="200000000")
    result = await fetch(f"{site.url}/", max_bytes=LIMIT)
    assert (result.status, result.reason_code) == ("failed", "too_large")
    assert "100,000 bytes" in result.reason


async def test_a_body_that_grows_without_end_is_cut_off(site: Site) -> None:
    sent = 0

    def swell(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        reply(content_type="text/html")(handler)
        while sent < 200_000_000:
            sent += handler.wfile.write(b"x" * 65_536)

    site.pages["/"] = swell
    result = await fetch(f"{site.url}/", max_bytes=LIMIT)
    assert (result.status, result.reason_code, result.body) == ("failed", "too_large", b"")
    assert sent < 50_000_000


@pytest.mark.parametrize(
    ("encoding", "bomb"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("gzip", gzip.compress(b"x") * 200_000),
        ("br", brotli.compress(BOMB, quality=1)),
    ],
)
async def test_a_compressed_bomb_is_cut_off(site: Site, encoding: str, bomb: bytes) -> None:
    site.pages["/"] = reply(body=bomb, content_type="text/html", content_encoding=encoding)
    result = await fetch(f"{site.url}/", max_bytes=LIMIT)
    assert (result.status, result.reason_code) == ("failed", "too_large")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "connection_lost"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\nx",
            "connection_lost",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 999999 What\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip", "bad_encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\n\r\ngrkg", "bad_encoding"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "bad_answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: \r\n\r\n", "bad_redirect"),
        (b"HTTP/1.1 302 Found\r\n\r\n", "http_302"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\n\r\n<p>", "unsupported_type"),
    ],
)
async def test_an_answer_that_is_broken_has_its_own_reason(
    site: Site, answer: bytes, code: str
) -> None:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answer)

    site.pages["/"] = send
    result = await fetch(f"{site.url}/", retries=0)
    assert result.reason_code == code, result
    assert result.reason.endswith(".")


async def test_a_page_is_tried_again_after_the_server_hung_up(site: Site) -> None:
    def hang_up_once(handler: BaseHTTPRequestHandler) -> None:
        if site.requests["/"] > 1:
            reply(body=b"<p>at last</p>", content_type="text/html")(handler)

    site.pages["/"] = hang_up_once
    assert (await fetch(f"{site.url}/")).body == b"<p>at last</p>"
