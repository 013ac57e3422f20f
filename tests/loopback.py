"""An HTTP server on loopback within the test's own process."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self


class QuietHandler(BaseHTTPRequestHandler):
    """Says nothing of its requests: the tests read what the server has counted instead."""

    def log_message(self, format: str, *args: object) -> None:
        pass


class LoopbackServer:
    """Serves on a free port while it is used as a context manager.

    Args:
        handler: answers the requests, each in a thread of its own.

    `root` is its address, without a final slash.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.root = f"http://127.0.0.1:{self._server.server_port}"

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # An answer that hangs on purpose must not hold up the end of its test.
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""
