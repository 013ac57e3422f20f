"""Links in Markdown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LINK = re.compile(
    r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\((?P<target><[^<>]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)(?:\s+\"[^\"]*\")?\)"
)


def without_site_links(markdown: str, page_url: str) -> str:
    """Reduce links within the page's own site to their text; links elsewhere stay whole.

    In a reference manual every other word is a link. Their targets would fill a third of each
    chunk with tokens that answer nothing.
    """
    site = urlsplit(page_url).netloc

    def shorten(link: re.Match[str]) -> str:
        return link["text"] if _host(link["target"]) in ("", site) else link[0]

    return _LINK.sub(shorten, markdown)


def without_links(markdown: str) -> str:
    """Reduce every link to its text."""
    return markdown if "](" not in markdown else _LINK.sub(lambda link: link["text"], markdown)


def _host(target: str) -> str:
    try:
        return urlsplit(target.strip("<>")).netloc
    except ValueError:
        return ""
