"""The `<head>` of an HTML page: title, description, language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import Tag

_HEAD_END = re.compile(r"</head\s*>|<body[\s>]", re.IGNORECASE)
_XML_PROLOG = re.compile(r"\s*<\?xml[^>]*>")
_LONGEST_HEAD = 200_000
"""Characters. A page without `</head>` is not read to its end for its title."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])")


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says about itself; what it does not say is empty."""

    title: str
    description: str
    language: str
    base: str


def read_head(html: str) -> Head:
    """Read the metadata out of the part of `html` before its body."""
    end = _HEAD_END.search(html, 0, _LONGEST_HEAD)
    # XHTML is read as HTML, like browsers do with what is served as text/html.
    start = _XML_PROLOG.sub("", html[: end.start() if end else _LONGEST_HEAD], count=1)
    soup = BeautifulSoup(start, "lxml")
    title = soup.title.get_text() if soup.title else ""
    base = soup.find("base", href=True)
    return Head(
        title=_line(title) or _meta(soup, "og:title", "twitter:title"),
        description=_meta(soup, "description", "og:description", "twitter:description"),
        language=_language(soup),
        base=str(base["href"]) if isinstance(base, Tag) else "",
    )


def _meta(soup: BeautifulSoup, *names: str) -> str:
    for name in names:
        for key in ("name", "property"):
            tag = soup.find("meta", attrs={key: name})
            if isinstance(tag, Tag) and (content := _line(str(tag.get("content") or ""))):
                return content
    return ""


def _language(soup: BeautifulSoup) -> str:
    root = soup.find("html")
    attributes = root.attrs if isinstance(root, Tag) else {}
    declared = attributes.get("lang") or attributes.get("xml:lang") or _meta(soup, "og:locale")
    match = _LANGUAGE.match(str(declared).strip().lower())
    return match.group() if match else ""


def _line(text: str) -> str:
    return " ".join(text.split())
