"""Sitemaps in each of their forms, and broken or hostile ones."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.crawl.sitemap_file import MAX_URLS, read_sitemap

HERE = "https://example.com/sitemap.xml"
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*entries: str) -> bytes:
    return f"<?xml version='1.0'?><urlset {NAMESPACE}>{''.join(entries)}</urlset>".encode()


def url(location: str, changed: str = "") -> str:
    return f"<url><loc> {location} </loc><lastmod>{changed}</lastmod></url>"


def test_pages_come_normalized_with_their_time_of_change() -> None:
    found = read_sitemap(
        urlset(
            url("https://Example.com/a?x=1&amp;utm_source=y", "2031-05-01"),
            url("https://example.com/b", "2031-05-01T10:30:00+02:00"),
            url("/c", "yesterday"),
        ),
        HERE,
    )
    assert found.pages == {
        "https://example.com/a?x=1": datetime(2031, 5, 1, tzinfo=UTC),
        "https://example.com/b": datetime(2031, 5, 1, 8, 30, tzinfo=UTC),
        "https://example.com/c": None,
    }
    assert found.sitemaps == []


def test_an_index_names_other_sitemaps() -> None:
    index = (
        f"<sitemapindex {NAMESPACE}><sitemap><loc>https://example.com/s1.xml.gz</loc></sitemap>"
        "<sitemap><loc>/s2.xml</loc></sitemap></sitemapindex>"
    )
    found = read_sitemap(index.encode(), HERE)
    assert found.sitemaps == ["https://example.com/s1.xml.gz", "https://example.com/s2.xml"]
    assert found.pages == {}


def test_a_file_that_is_compressed_is_read() -> None:
    body = gzip.compress(urlset(url("https://example.com/a")))
    assert list(read_sitemap(body, HERE).pages) == ["https://example.com/a"]


def test_a_text_with_a_url_a_line_is_read() -> None:
    body = "\ufeffhttps://example.com/a\r\nhttps://example.com/b\n# a remark\n".encode()
    assert list(read_sitemap(body, HERE).pages) == [
        "https://example.com/a",
        "https://example.com/b",
    ]


def test_other_namespaces_and_extensions_do_not_disturb() -> None:
    entry = (
        "<url xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>"
        "<image:image><image:loc>https://example.com/a.png</image:loc></image:image>"
        "<loc>https://example.com/a</loc></url>"
    )
    body = f"<urlset xmlns='http://www.google.com/schemas/sitemap/0.84'>{entry}</urlset>"
    assert list(read_sitemap(body.encode(), HERE).pages) == ["https://example.com/a"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<html><body>Not found</body></html>",
        b"\x1f\x8bno gzip",
        b"\x00\x01\x02",
        urlset("<url><loc>javascript:alert(1)</loc></url>", "<url/>", "<url><loc/></url>"),
    ],
)
def test_what_is_no_sitemap_lists_nothing(body: bytes) -> None:
    found = read_sitemap(body, HERE)
    assert (found.pages, found.sitemaps) == ({}, [])


def test_a_sitemap_that_breaks_off_lists_what_came_before() -> None:
    body = urlset(url("https://example.com/a"), "<url><loc>https://example.com/b")[:-20]
    assert next(iter(read_sitemap(body, HERE).pages)) == "https://example.com/a"


def test_an_entity_that_multiplies_is_not_unfolded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    doctype = f'<!DOCTYPE u [<!ENTITY l0 "https://example.com/x">{laughs}]>'
    body = f"{doctype}<urlset>{url('&l8;')}</urlset>".encode()
    assert read_sitemap(body, HERE).pages == {}


def test_a_file_of_this_machine_is_not_read_into_a_url(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word")
    doctype = f'<!DOCTYPE u [<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    entries = url("https://example.com/a") + url("https://example.com/&file;")
    body = f"{doctype}<urlset>{entries}</urlset>".encode()
    pages = list(read_sitemap(body, HERE).pages)
    assert pages[0] == "https://example.com/a"
    assert not any("word" in page for page in pages)


def test_a_compressed_bomb_is_cut_off_and_no_sitemap_has_too_many_urls() -> None:
    many = urlset(*(url(f"https://example.com/{n}") for n in range(MAX_URLS + 10)))
    assert len(read_sitemap(many, HERE).pages) == MAX_URLS
    bomb = gzip.compress(b"<urlset>" + b" " * 100_000_000, compresslevel=1)
    assert read_sitemap(bomb, HERE).pages == {}
