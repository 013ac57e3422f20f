"""Answers what the scripts of one page ask for, through the crawler's own fetcher."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from agents.crawl.fetching import Ask, Fetcher
from agents.crawl.rendering.limits import RenderLimits
from agents.crawl.results import FetchResult, Refusal
from agents.crawl.robots import Robots
from agents.crawl.scope import is_same_site

LONGEST_URL = 8_000
"""Characters."""
MOST_HEADERS = 16_000
"""Characters of names and values."""
_SCRIPTS_KEPT = 32_000_000
"""Bytes of scripts that are kept for the next page."""
_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "host", "keep-alive", "te"}
    | {"trailer", "transfer-encoding", "upgrade", "upgrade-insecure-requests", "user-agent"}
)
"""Headers that the fetcher sends itself, or that nobody sends."""
_NO_REDIRECT = Refusal("redirected", "What a script sends is not sent on to another address.")


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """What a script asks for.

    Args:
        kind: `script`, or how it was asked for.
        headers: with names in lower case.
    """

    kind: str
    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


class Exchange:
    """Fetches for scripts as for pages: the same address guard, robots.txt and pace.

    Args:
        fetcher: without retries.
    """

    def __init__(self, fetcher: Fetcher, robots: Robots, limits: RenderLimits) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._limits = limits
        self._scripts: OrderedDict[str, FetchResult] = OrderedDict()
        self._scripts_size = 0

    async def answer(self, page: str, request: ScriptRequest) -> FetchResult | None:
        """What the script gets, which may be an error of the server; None if nobody is asked.

        Args:
            page: the URL of the page whose script it is. Only to its own site may a script send
                something.
        """
        url = request.url.partition("#")[0]
        if not self._is_acceptable(page, url, request):
            return None
        if request.kind == "script" and (known := self._scripts.get(url)):
            self._scripts.move_to_end(url)
            return known
        if await self._robots.refusal(url):
            return None
        headers = {name: text for name, text in request.headers.items() if not _is_ours(name)}
        sends = request.method == "POST"
        result = await self._fetcher.fetch(
            url,
            gate=_refuse if sends else self._robots.refusal,
            accept=None,
            ask=Ask(request.method, headers, request.content),
        )
        if request.kind == "script" and result.is_fetched:
            self._keep(url, result)
        return result

    def _is_acceptable(self, page: str, url: str, request: ScriptRequest) -> bool:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or "@" in parts.netloc or len(url) > LONGEST_URL:
            return False
        if sum(len(name) + len(text) for name, text in request.headers.items()) > MOST_HEADERS:
            return False
        if request.method == "GET":
            return True
        fits = len(request.content) <= self._limits.upload_bytes
        return request.method == "POST" and fits and is_same_site(page, url)

    def _keep(self, url: str, result: FetchResult) -> None:
        self._scripts[url] = result
        self._scripts_size += len(result.body)
        while self._scripts_size > _SCRIPTS_KEPT:
            _, oldest = self._scripts.popitem(last=False)
            self._scripts_size -= len(oldest.body)


async def _refuse(_: str) -> Refusal:
    return _NO_REDIRECT


def _is_ours(header: str) -> bool:
    return header in _OURS or header.startswith((":", "sec-", "proxy-"))
