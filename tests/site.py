"""A real website on loopback, served out of a dictionary, that counts what is asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.loopback import LoopbackServer, QuietHandler

Handler = BaseHTTPRequestHandler
Page = str | bytes | Callable[[Handler], None]
"""HTML, a body, or a function that answers with the request handler's own methods."""


class Site(LoopbackServer):
    """A website whose pages are `{path: page}`; every other path is a 404.

    Args:
        pages: what to serve; may be changed while the site is up.

    `requests` counts the requests by path. Use it as a context manager.
    """

    def __init__(self, pages: Mapping[str, Page] | None = None) -> None:
        self.pages: dict[str, Page] = dict(pages or {})
        self.requests: Counter[str] = Counter()
        super().__init__(self._handler_class())

    @property
    def url(self) -> str:
        """The address of the root, without a final slash."""
        return self.root

    def _handler_class(self) -> type[Handler]:
        site = self

        class PageHandler(QuietHandler):
            def do_GET(self) -> None:  # noqa: N802 (the name is the standard library's)
                path = urlsplit(self.path).path
                site.requests[path] += 1
                answer(self, site.pages.get(path))

            def do_POST(self) -> None:  # noqa: N802
                self.do_GET()

        return PageHandler


def answer(handler: Handler, page: Page | None) -> None:
    """Send one page of the dictionary, or a 404 when there is none."""
    if callable(page):
        page(handler)
        return
    body = page.encode() if isinstance(page, str) else page
    handler.send_response(200 if body is not None else 404)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.send_header("Content-Length", str(len(body or b"")))
    handler.end_headers()
    handler.wfile.write(body or b"")
