"""A TCP proxy on loopback that a test can cut: what lies behind it is down for who goes through."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Iterator
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CHUNK = 65536


class TcpProxy:
    """Passes connections on to a server. Use it as a context manager.

    Args:
        target: host and port of the server.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._lock = Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener = self._listening(0)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._accept_soon()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cut()

    def in_front_of(self, url: str) -> str:
        """The server's URL, by way of this proxy."""
        parts = urlsplit(url)
        credentials, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}").geturl()

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Within the block every connection is broken, and new ones are refused."""
        self._cut()
        try:
            yield
        finally:
            self._listener = self._listening(self.port)
            self._accept_soon()

    @staticmethod
    def _listening(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=128)

    def _accept_soon(self) -> None:
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _cut(self) -> None:
        # Closing alone would leave the thread in accept(), and the kernel taking connections.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            broken, self._pairs = self._pairs, set()
        for pair in broken:
            _hang_up(pair)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._pairs.add((near, far))
                Thread(target=self._carry, args=((near, far),), daemon=True).start()

    def _carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        near, far = pair
        with contextlib.suppress(OSError, ValueError), selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while all(_pass_on(key.fileobj, key.data) for key, _ in selector.select()):
                pass
        with self._lock:
            self._pairs.discard(pair)
        _hang_up(pair)
        for end in pair:
            end.close()


def _pass_on(source: object, sink: socket.socket) -> bool:
    """Whether there was anything: the other end has closed otherwise."""
    assert isinstance(source, socket.socket)
    data = source.recv(CHUNK)
    sink.sendall(data)
    return bool(data)


def _hang_up(pair: tuple[socket.socket, socket.socket]) -> None:
    for end in pair:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
