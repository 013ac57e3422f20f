"""What a crawl needs to know from an HTML page: its links and its wishes about robots."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.crawl.canonical import credible_canonical
from agents.crawl.media import charset_of
from agents.crawl.robots_tag import forbids_following, forbids_keeping
from agents.crawl.spelling import page_key
from agents.crawl.urls import join_links
from agents.knowledge.nesting import limit_nesting

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.I)
_REFRESH = re.compile(r"\s*(\d*)[\d.\s]*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"'\s]+)", re.IGNORECASE)
_SOON = 10
"""Seconds. A page that sends its readers on later than that is one to read."""
_PRESCAN = 1024
_FEW_ELEMENTS = 8_000
"""So many cost the parser a tenth of a second, however deep one stands in the other."""
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Where a page leads.

    Args:
        urls: absolute, normalized, once each, in the page's order; none if the page says nofollow.
        noindex: the page asks not to be kept.
        canonical: the URL under which the page wants to be known; empty if that is its own.
        refresh: the URL to which its refresh meta element sends readers on, empty without one.
    """

    urls: list[str]
    noindex: bool = False
    canonical: str = ""
    refresh: str = ""


def read_links(body: bytes, url: str, content_type: str = "") -> PageLinks:
    """The links of an HTML page.

    Args:
        url: where the page was found; a `<base href>` in it is respected.
        content_type: its Content-Type header, for the charset.
    """
    tree = LexborHTMLParser(page_text(body, content_type))
    base = next(iter(join_links(url, _values(tree, "base[href]", "href"))), url)
    named = join_links(base, _values(tree, "link[rel=canonical][href]", "href"))
    canonical = credible_canonical(url, named[0]) if named else ""
    directives = _robots_directives(tree)
    noindex = forbids_keeping(directives)
    if forbids_following(directives):
        return PageLinks([], noindex, canonical)
    refresh = _refresh(tree, base, url)
    hrefs = [*filter(None, [refresh]), *named, *_hrefs(tree)]
    return PageLinks(join_links(base, hrefs), noindex, canonical, refresh)


def _hrefs(tree: LexborHTMLParser) -> Iterator[str]:
    yield from _values(tree, "a[href], area[href]", "href")
    yield from _values(tree, "frame[src], iframe[src]", "src")


def _values(tree: LexborHTMLParser, selector: str, attribute: str) -> Iterator[str]:
    nodes: list[LexborNode] = tree.css(selector)
    for node in nodes:
        yield (node.attributes.get(attribute) or "").strip()


def _refresh(tree: LexborHTMLParser, base: str, url: str) -> str:
    for node in tree.css("meta[http-equiv=refresh i][content]"):
        # What stands in <noscript> is for readers without JavaScript only.
        if node.parent is None or node.parent.tag == "noscript":
            continue
        found = _REFRESH.match(node.attributes["content"] or "")
        target = next(iter(join_links(base, [found[2]])), "") if found else ""
        if found and target and int(found[1] or 0) <= _SOON and page_key(target) != page_key(url):
            return target
    return ""


def _robots_directives(tree: LexborHTMLParser) -> set[str]:
    content = ",".join(_values(tree, "meta[name=robots i]", "content"))
    return {directive.strip().lower() for directive in content.split(",")}


def page_text(body: bytes, content_type: str) -> bytes | str:
    """The page for the parser, which reads UTF-8 by itself. Bytes are decoded for links only if
    that is needed: another charset, or a page that may cost the parser dearly."""
    text = _in_charset(body, content_type)
    if len(text) < _FEW_ELEMENTS * len("<b>"):
        return text
    if isinstance(text, bytes):
        if text.count(b"<") - text.count(b"</") <= _FEW_ELEMENTS:
            return text
        text = text.decode("utf-8", "replace")
    return limit_nesting(text)


def _in_charset(body: bytes, content_type: str) -> bytes | str:
    charset = _charset(body, content_type)
    if charset in ("", "utf-8", "utf8"):
        return body
    try:
        return body.decode(charset, "replace")
    except (LookupError, UnicodeError):
        # Python knows codecs that are no charsets of the web, and some of them always raise.
        return body


def _charset(body: bytes, content_type: str) -> str:
    if body.startswith(_UTF16_MARKS):
        return "utf-16"
    declared = charset_of(content_type)
    if not declared and (match := _META_CHARSET.search(body[:_PRESCAN])):
        declared = match[1].decode("ascii")
    return declared.lower()
