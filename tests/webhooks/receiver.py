"""A receiver of webhooks on loopback, which keeps what it was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from queue import Queue
from threading import Event

from tests.loopback import LoopbackServer, QuietHandler

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request; the names of its headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(LoopbackServer):
    """Answers every POST as `answer` does, 204 at first. Use it as a context manager."""

    def __init__(self) -> None:
        self.answer: Answer = with_status(204)
        self.webhooks: Queue[Webhook] = Queue()
        super().__init__(self._handler_class())

    @property
    def url(self) -> str:
        return f"{self.root}/hook?app=1"

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:  # noqa: N802 (the name is the standard library's)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.webhooks.put(Webhook(self.path, headers, body))
                receiver.answer(self)

        return Handler


def with_status(status: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


def until(release: Event) -> Answer:
    """Say nothing before that event, then hang up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        release.wait()
        handler.close_connection = True

    return answer


def dribbling(release: Event) -> Answer:
    """Send a header that never ends, byte by byte, before that event."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not release.wait(0.05):
            handler.wfile.write(b"x")

    return answer


def with_endless_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65536)
