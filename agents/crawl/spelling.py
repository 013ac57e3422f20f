"""Which URLs are spellings of one page, although they differ.

A crawl fetches the spelling that it found, never one that nobody wrote: a site may know only one.
"""

from __future__ import annotations

import re

_INDEX = re.compile(
    r"/(?:index|default)\.(?:x?html?|shtml|php|aspx?|jsp|md|html\.md)$", re.IGNORECASE
)
_MARKDOWN_TWIN = re.compile(r"\.md$", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_SESSION_NAMES = frozenset(
    {"jsessionid", "phpsessid", "sessionid", "session_id", "sid", "aspsessionid", "cfid", "cftoken"}
)


def page_key(url: str) -> str:
    """What all spellings of a page share.

    http and https, a final slash, the name of an index page, the Markdown twin of a page, session
    ids and the order of parameters make no difference.

    Args:
        url: normalized.
    """
    address, _, query = url[url.index("//") :].partition("?")
    if ";" in address:
        address = _SESSION_IN_PATH.sub("", address)
    address = _MARKDOWN_TWIN.sub("", _INDEX.sub("", address)).rstrip("/")
    parameters = _sorted(query) if query else ""
    return f"{address}?{parameters}" if parameters else address


def _sorted(query: str) -> str:
    parts = (part for part in query.split("&") if part)
    return "&".join(
        sorted(part for part in parts if part.partition("=")[0].lower() not in _SESSION_NAMES)
    )
