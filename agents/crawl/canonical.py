"""Whether to believe a page that says under which URL it wants to be known."""

from __future__ import annotations

from urllib.parse import urlsplit

from agents.crawl.scope import is_same_site
from agents.crawl.spelling import page_key


def credible_canonical(url: str, named: str) -> str:
    """The URL of the page that holds the content of the one at `url`, empty if that is itself.

    A template that names the home page on each page is the commonest mistake, and a name on
    another host is beyond what this crawl can check. Neither is believed.

    Args:
        url: where the page was found.
        named: the normalized URL in its `<link rel="canonical">`.
    """
    if not is_same_site(url, named) or page_key(url) == page_key(named):
        return ""
    named_home = page_key(named).count("/") == len("//")
    same_path = urlsplit(url).path == urlsplit(named).path
    return "" if named_home and not same_path else named
