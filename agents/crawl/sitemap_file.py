"""Reads one sitemap (sitemaps.org): XML, an index of others, or a text with a URL a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree  # type: ignore[import-untyped]

from agents.crawl.decoding import DECODING_ERRORS, GzipDecoder
from agents.crawl.urls import join_links

MAX_URLS = 50_000
"""URLs that one sitemap may hold, as sitemaps.org has it."""
MAX_BYTES = 50_000_000
"""The size of one, decompressed, as sitemaps.org has it."""

_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 64 * 1024


@dataclass(slots=True)
class SitemapFile:
    """What a sitemap lists.

    Args:
        pages: each page's normalized URL, and when it changed last, if the sitemap says so.
        sitemaps: the normalized URLs of other sitemaps.
    """

    pages: dict[str, datetime | None] = field(default_factory=dict)
    sitemaps: list[str] = field(default_factory=list)


def read_sitemap(body: bytes, url: str) -> SitemapFile:
    """What the sitemap found at `url` lists, up to its limits. Whatever is damaged is left out.

    Args:
        body: as it came; a file that was compressed before it was served is decompressed here.
    """
    plain = b"".join(_decompressed(body)) if body.startswith(_GZIP_MAGIC) else body
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_xml(plain, url)
    lines = plain.decode("utf-8-sig", "replace").split()
    listed = join_links(url, (line for line in lines if line.startswith("http")))
    return SitemapFile(dict.fromkeys(listed[:MAX_URLS]))


def _decompressed(body: bytes) -> Iterator[bytes]:
    size = 0
    try:
        for piece in GzipDecoder().decode(body):
            yield piece
            size += len(piece)
            if size > MAX_BYTES:
                return
    except DECODING_ERRORS:
        return


def _read_xml(body: bytes, url: str) -> SitemapFile:
    found = SitemapFile()
    for kind, location, changed in _elements(body):
        for listed in join_links(url, [location]):
            if kind == "sitemap":
                found.sitemaps.append(listed)
            else:
                found.pages[listed] = _moment(changed)
        if len(found.pages) + len(found.sitemaps) >= MAX_URLS:
            break
    return found


def _elements(body: bytes) -> Iterator[tuple[str, str, str]]:
    """Each entry as (kind, location, time of change). Nothing is resolved and nothing is kept."""
    parser = etree.XMLPullParser(
        ("end",), resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    for start in range(0, len(body), _PIECE):
        parser.feed(body[start : start + _PIECE])
        for _, element in parser.read_events():
            kind = etree.QName(element).localname
            if kind in ("url", "sitemap"):
                yield kind, _child(element, "loc"), _child(element, "lastmod")
                element.clear()


def _child(element: etree._Element, name: str) -> str:
    child = next(element.iterchildren(f"{{*}}{name}"), None)
    return (child.text or "").strip() if child is not None else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
