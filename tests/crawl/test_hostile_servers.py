"""Servers that hang, drip, swell, or speak no HTTP: each page ends with its own reason."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd

from agents.crawl.fetching import Fetcher, crawl_client
from agents.crawl.pace import Pace
from tasks.outbound.guard import AddressGuard
from tests.crawl.conftest import hang_until, reply
from tests.crawl.crawling import by_path, crawl, fetch, policy
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
        ("zstd", zstd.compress(BOMB)),
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


@pytest.mark.parametrize(("frames", "code"), [(1000, ""), (200_000, "bad_encoding")])
async def test_a_zstd_page_may_have_several_frames_but_not_any_number(
    site: Site, frames: int, code: str
) -> None:
    body = zstd.compress(b"x") * frames
    site.pages["/"] = reply(body=body, content_type="text/html", content_encoding="zstd")
    result = await fetch(f"{site.url}/")
    assert (result.reason_code, len(result.body)) == (code, 0 if code else frames)


async def test_a_zstd_window_that_takes_too_much_memory_is_refused(site: Site) -> None:
    options = {int(zstd.CompressionParameter.window_log): 27}
    compressor = zstd.ZstdCompressor(options=options)
    body = compressor.compress(b"<p>text</p>" * 1000) + compressor.flush()
    site.pages["/"] = reply(body=body, content_type="text/html", content_encoding="zstd")
    assert (await fetch(f"{site.url}/")).reason_code == "bad_encoding"


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)],
)
async def test_a_compressed_page_is_read_and_a_damaged_one_is_told(
    site: Site, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    page = b"<p>" + bytes(range(32, 127)) * 3000
    whole = compress(page)
    site.pages |= {
        "/": reply(body=whole, content_type="text/html", content_encoding=encoding),
        "/damaged": reply(
            body=b"\xff\xff\xff" + whole, content_type="text/html", content_encoding=encoding
        ),
    }
    assert (await fetch(f"{site.url}/")).body == page
    assert (await fetch(f"{site.url}/damaged")).reason_code == "bad_encoding"


async def test_headers_without_end_are_given_up(site: Site, release: threading.Event) -> None:
    sent = 0

    def chatter(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while sent < 100_000_000 and not release.is_set():
            sent += handler.wfile.write(b"X-Header: %s\r\n" % (b"x" * 1000))

    site.pages["/"] = chatter
    result = await fetch(f"{site.url}/", page_timeout=3.0, retries=0)
    assert result.reason_code in ("bad_answer", "timeout")
    assert sent < 50_000_000


async def test_headers_that_drip_end_at_the_total_timeout(
    site: Site, release: threading.Event
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not release.wait(0.02):
            handler.wfile.write(b"X: y\r\n")

    site.pages["/"] = drip
    result = await fetch(f"{site.url}/", page_timeout=0.3, retries=0)
    assert (result.status, result.reason_code) == ("failed", "timeout")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html; charset=no-such-thing", "<p>ü</p>".encode()),
        ("text/html; charset=utf-8", b"<p>\xfc\xff\xfe</p>"),
        ("text/html; charset=utf-16", b"<p>odd"),
        ('text/html; charset="', b"<p>text</p>"),
        ("text/html; charset=rot13", b"<a href='/b'>text</a>"),
        ("text/html; charset=hex", b"<a href='/b'>zz</a>"),
        ("text/html; charset=idna", b"<a href='/b'>" + b"x." * 1000 + b"</a>"),
    ],
)
async def test_a_wrong_charset_costs_a_page_nothing_but_characters(
    site: Site, content_type: str, body: bytes
) -> None:
    site.pages["/"] = reply(body=body, content_type=content_type)
    assert by_path(await crawl(f"{site.url}/", max_depth=0)) == {"/": "fetched"}


def answering(*answers: list[str]) -> Callable[..., Any]:
    """A `getaddrinfo` that gives the next of `answers` each time it is asked."""
    left = iter(answers)

    def look_up(host: str, port: int, *_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in next(left)]

    return look_up


async def test_a_name_that_means_another_address_each_time_never_reaches_a_private_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 127.0.0.2 stands for the public address that a rebinding name server gives first.
    guard, limits = AddressGuard(["127.0.0.2"]), policy(retries=0)
    monkeypatch.setattr(socket, "getaddrinfo", answering(["127.0.0.2"], ["127.0.0.1"]))
    site.pages["/"] = "<p>secret</p>"
    url = site.url.replace("127.0.0.1", "rebinding.example") + "/"
    codes = []
    for _ in range(2):
        async with crawl_client(guard, limits, connections=1) as client:
            result = await Fetcher(client, guard, limits, Pace()).fetch(url)
            codes.append(result.reason_code)
    # One look-up a connection: had the address been looked up again to connect, the first would
    # have reached the site.
    assert codes == ["connection_refused", "private_address"]
    assert not site.requests


async def test_a_name_with_a_public_and_a_private_address_reaches_only_the_public_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard, limits = AddressGuard(["127.0.0.2"]), policy(retries=0)
    monkeypatch.setattr(socket, "getaddrinfo", answering(["127.0.0.1", "127.0.0.2"]))
    site.pages["/"] = "<p>secret</p>"
    url = site.url.replace("127.0.0.1", "both.example") + "/"
    async with crawl_client(guard, limits, connections=1) as client:
        result = await Fetcher(client, guard, limits, Pace()).fetch(url)
    assert result.reason_code == "connection_refused"
    assert not site.requests


async def test_a_page_is_tried_again_after_the_server_hung_up(site: Site) -> None:
    def hang_up_once(handler: BaseHTTPRequestHandler) -> None:
        if site.requests["/"] > 1:
            reply(body=b"<p>at last</p>", content_type="text/html")(handler)

    site.pages["/"] = hang_up_once
    assert (await fetch(f"{site.url}/")).body == b"<p>at last</p>"
