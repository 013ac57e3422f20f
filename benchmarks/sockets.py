"""Watchers that do next to nothing themselves, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import urlsplit

REQUEST = "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n{headers}\r\n"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
TEXT, CLOSE, PING = 1, 8, 9
NO_MASK = bytes(4)
"""Clients must mask what they send; with zeros it stays what it is."""
SEQ = re.compile(rb'"seq":(\d+)')
SENT_AT = re.compile(rb'"sent_at":([0-9.]+)')


class Watcher(ABC, asyncio.Protocol):
    """One connection: hands each event's `seq`, and its delay in milliseconds, to `on_event`.

    The delay is None for an event without a time in it. `closed` is done when the connection is,
    with whether the server has said that there is nothing more.
    """

    headers: ClassVar[str]
    answer: ClassVar[bytes]

    def __init__(
        self, url: str, token: str, on_event: Callable[[int, float | None], object]
    ) -> None:
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}"
        self._request = REQUEST.format(
            path=path, host=parts.netloc, token=token, headers=self.headers
        )
        self._on_event = on_event
        self._buffer = bytearray()
        self._is_open = False
        self._is_over = False
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(self._request.encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            self._is_open = self._take_answer()
        if self._is_open:
            self._take_events(time.time())

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(self._is_over)

    def leave(self) -> None:
        """Hang up without a word."""
        self._transport.abort()

    def _take_answer(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._buffer.startswith(self.answer):
            self.closed.set_exception(ConnectionError(self._buffer.decode()))
            self._transport.abort()
        del self._buffer[: end + 4]
        return True

    @abstractmethod
    def _take_events(self, now: float) -> None:
        """Tell of each whole event in the buffer, and take it out."""

    def _tell(self, event: bytes, now: float) -> None:
        seq, sent_at = SEQ.search(event), SENT_AT.search(event)
        if seq:
            self._on_event(int(seq[1]), 1000 * (now - float(sent_at[1])) if sent_at else None)


class Socket(Watcher):
    """Over a WebSocket."""

    headers = UPGRADE
    answer = b"HTTP/1.1 101"

    def _take_events(self, now: float) -> None:
        while frame := self._take_frame():
            opcode, payload = frame
            if opcode == TEXT:
                self._tell(payload, now)
            elif opcode == PING:
                self._transport.write(bytes((0x8A, 0x80 | len(payload))) + NO_MASK + payload)
            elif opcode == CLOSE:
                self._is_over = int.from_bytes(payload[:2]) == 1000
                self._transport.close()

    def _take_frame(self) -> tuple[int, bytes] | None:
        """The next whole frame's opcode and payload (RFC 6455, section 5.2), from a server."""
        buffer = self._buffer
        if len(buffer) < 2 or (buffer[1] == 126 and len(buffer) < 4):
            return None
        length, start = buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4]), 4
        if len(buffer) < start + length:
            return None
        frame = buffer[0] & 15, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return frame


class Stream(Watcher):
    """Over Server-Sent Events. The HTTP server's chunks are as long as its events."""

    headers = "Accept: text/event-stream\r\n"
    answer = b"HTTP/1.1 200"

    def _take_events(self, now: float) -> None:
        while (end := self._buffer.find(b"\n\n")) >= 0:
            event = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._tell(event, now)
        if self._buffer.endswith(b"0\r\n\r\n"):
            self._is_over = True
            self._transport.close()
