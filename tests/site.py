"""A real website on loopback, served out of a dictionary, that counts what is asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from urllib.parse import urlsplit

Handler = BaseHTTPRequestHandler
Page = str | bytes | Callable[[Handler], None]
"""HTML, a body, or a function that answers with the request handler's own methods."""


class Site:
    """A website whose pages are `{path: page}`; every other path is a 404.

    Args:
        pages: what to serve; may be changed while the site is up.

    `requests` counts the requests by path. Use it as a context manager.
    """

    def __init__(self, pages: Mapping[str, Page] | None = None) -> None:
        self.pages: dict[str, Page] = dict(pages or {})
        self.requests: Counter[str] = Counter()
        self._server = _Server(("127.0.0.1", 0), self._handler_class())
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The address of the root, without a final slash."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Site:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler_class(self) -> type[Handler]:
        site = self

        class PageHandler(Handler):
            def do_GET(self) -> None:  # noqa: N802 (the name is the standard library's)
                path = urlsplit(self.path).path
                site.requests[path] += 1
                answer(self, site.pages.get(path))

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the tests read `requests` instead."""

        return PageHandler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A page that hangs on purpose must not hold up the end of its test.
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""


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
