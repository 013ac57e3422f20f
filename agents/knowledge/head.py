"""The `<head>` of an HTML page: title, description, language, date."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup, SoupStrainer
from bs4.element import Tag

_HEAD_END = re.compile(
    r"</head\s*>|<(?:body|div|span|main|header|nav|section|article|table|ul|ol|h1|h2|p|a)[\s>]",
    re.IGNORECASE,
)
"""Where it ends; many pages leave its own tags out."""
_XML_PROLOG = re.compile(r"\s*<\?xml[^>]*>")
_LONGEST_HEAD = 200_000
"""Characters. A page without `</head>` is not read to its end for its title."""
_LINK = re.compile(r"<link\s[^<>]*>", re.IGNORECASE)
"""Stylesheets, icons and the like: most of a head, and nothing of it is read."""
_METADATA = SoupStrainer(["title", "meta", "base"])
_ROOT = re.compile(r"<html\b[^<>]*", re.IGNORECASE)
_ROOT_LANGUAGE = re.compile(r"""\blang\s*=\s*["']?\s*([^"'\s>]+)""", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])")
_KEYS = ("name", "property", "itemprop")
_PUBLISHED = (
    "article:published_time",
    "og:published_time",
    "datePublished",
    "citation_publication_date",
    "dcterms.issued",
    "DC.date.issued",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "pubdate",
    "date",
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says about itself; what it does not say is empty.

    `published` holds the texts of its dates of publication, the most trusted first.
    """

    title: str
    description: str
    language: str
    base: str
    published: tuple[str, ...] = ()


def read_head(html: str) -> Head:
    """Read the metadata out of the part of `html` before its body."""
    end = _HEAD_END.search(html, 0, _LONGEST_HEAD)
    # XHTML is read as HTML, like browsers do with what is served as text/html.
    start = _XML_PROLOG.sub("", html[: end.start() if end else _LONGEST_HEAD], count=1)
    soup = BeautifulSoup(_LINK.sub("", start), "lxml", parse_only=_METADATA)
    title = base = ""
    said: dict[tuple[str, str], str] = {}
    # In one pass: each search would be one over all elements.
    for tag in soup.descendants:
        if not isinstance(tag, Tag):
            continue
        if tag.name == "meta":
            _hear(tag, said)
        elif tag.name == "title":
            title = title or _line(tag.get_text())
        else:
            base = base or str(tag.get("href") or "")
    return Head(
        title=title or _first(said, "og:title", "twitter:title"),
        description=_first(said, "description", "og:description", "twitter:description"),
        language=_language(start, said),
        base=base,
        published=tuple(text for name in _PUBLISHED if (text := _first(said, name))),
    )


def _hear(meta: Tag, said: dict[tuple[str, str], str]) -> None:
    """Take down the content of a `<meta>` by each key and name; the first one says it."""
    for key in _KEYS:
        if name := meta.get(key):
            said.setdefault((key, str(name)), _line(str(meta.get("content") or "")))


def _first(said: dict[tuple[str, str], str], *names: str) -> str:
    for name in names:
        for key in _KEYS:
            if text := said.get((key, name)):
                return text
    return ""


def _language(start: str, said: dict[tuple[str, str], str]) -> str:
    root = _ROOT.search(start)
    found = _ROOT_LANGUAGE.search(root[0]) if root else None
    declared = found[1] if found else _first(said, "og:locale")
    match = _LANGUAGE.match(declared.strip().lower())
    return match.group() if match else ""


def _line(text: str) -> str:
    return " ".join(text.split())
