"""A WebSocket client that does next to nothing, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Authorization: {token}\r\n\r\n"
)
TEXT, CLOSE, PING = 1, 8, 9
NO_MASK = bytes(4)
"""Clients must mask what they send; with zeros it stays what it is."""
SEQ = re.compile(rb'"seq":(\d+)')
SENT_AT = re.compile(rb'"sent_at":([0-9.]+)')


class Socket(asyncio.Protocol):
    """One watcher: the seq of each event, and the delay in milliseconds of each that has a time.

    `on_first` is called with the first event; `closed` is done when the server has closed.
    """

    def __init__(self, url: str, token: str, on_first: Callable[[], None]) -> None:
        parts = urlsplit(url)
        self._request = HANDSHAKE.format(path=parts.path, host=parts.netloc, token=token)
        self._on_first = on_first
        self._buffer = bytearray()
        self._is_open = False
        self.seqs: list[int] = []
        self.delays: list[float] = []
        self.code: int | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(self._request.encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open:
            self._is_open = self._take_answer()
        if self._is_open:
            now = time.time()
            while frame := self._take_frame():
                self._handle(*frame, now)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)

    def _take_answer(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(self._buffer.decode())
        del self._buffer[: end + 4]
        return True

    def _take_frame(self) -> tuple[int, bytes] | None:
        """The next whole frame's opcode and payload (RFC 6455, section 5.2; servers do not mask)."""
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        length, start = buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(buffer[2:4]), 4
        if len(buffer) < start + length:
            return None
        frame = buffer[0] & 15, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return frame

    def _handle(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == TEXT:
            self._take_event(payload, now)
        elif opcode == PING:
            self._transport.write(bytes((0x8A, 0x80 | len(payload))) + NO_MASK + payload)
        elif opcode == CLOSE:
            self.code = int.from_bytes(payload[:2])
            self._transport.close()

    def _take_event(self, event: bytes, now: float) -> None:
        if not self.seqs:
            self._on_first()
        if found := SEQ.search(event):
            self.seqs.append(int(found[1]))
        if found := SENT_AT.search(event):
            self.delays.append(1000 * (now - float(found[1])))
