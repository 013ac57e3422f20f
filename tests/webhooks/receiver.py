"""A receiver of webhooks on loopback, which keeps what it was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread
from types import TracebackType
from typing import Self

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request; the names of its headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers every POST as `answer` does, 204 at first. Use it as a context manager."""

    def __init__(self) -> None:
        self.answer: Answer = with_status(204)
        self.webhooks: Queue[Webhook] = Queue()
        self._server = _Server(("127.0.0.1", 0), self._handler_class())
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook?app=1"

    def __enter__(self) -> Self:
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

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.webhooks.put(Webhook(self.path, headers, body))
                receiver.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the tests read `webhooks` instead."""

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # An answer that never ends must not hold up the end of its test.
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that does not wait for the end of an answer is what some tests are about."""


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


def with_endless_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65536)
