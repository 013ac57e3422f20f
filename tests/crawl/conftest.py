"""Answers that websites give, good and hostile, for `site.pages`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Answer:
    """An answer; `content_type="text/plain"` is the header `Content-Type: text/plain`."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def redirect(location: str, status: int = 302) -> Answer:
    """A redirect to `location`."""
    return reply(status, location=location)


def hang_until(release: threading.Event) -> Answer:
    """No answer at all until `release` is set."""

    def answer(_: BaseHTTPRequestHandler) -> None:
        release.wait()

    return answer


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Set at the end of the test: what hangs on purpose waits for it."""
    event = threading.Event()
    yield event
    event.set()
