"""Undoes Content-Encoding in small pieces, so that no compressed bomb ever unfolds in memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]
from backports import zstd

ACCEPT_ENCODING = "gzip, br, zstd"
"""What requests ask for: what `decoder_for` can undo."""

DECODING_ERRORS = (zlib.error, brotli.error, zstd.ZstdError)
"""What a decoder raises over damaged data."""

_PIECE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_ZSTD_WINDOW_LOG = 23
"""8 MB: the largest window that a server may use on the web (RFC 9659)."""
_MOST_FRAMES = 1000


class UnknownEncoding(ValueError):
    """The server used a Content-Encoding that it was not asked for."""


class Decoder(Protocol):
    """Undoes one encoding, chunk by chunk."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """The decoded bytes of the next chunk, in pieces of at most about 64 KB."""
        ...


def decoder_for(content_encoding: str) -> Decoder:
    """The decoder for the value of a Content-Encoding header.

    Raises:
        UnknownEncoding: it names something else than gzip, deflate, br or zstd, or several of them.
    """
    match content_encoding.strip().lower():
        case "" | "identity":
            return IdentityDecoder()
        case "gzip" | "x-gzip" | "deflate":
            return GzipDecoder()
        case "br":
            return BrotliDecoder()
        case "zstd":
            return ZstdDecoder()
    raise UnknownEncoding(content_encoding)


class IdentityDecoder:
    """Passes on what was not encoded."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data


class GzipDecoder:
    """gzip (RFC 1952, also of several members) and zlib."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)

    def decode(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        # A full piece may leave output behind that needs no more input.
        while data or len(piece) == _PIECE:
            piece = self._inflater.decompress(data, _PIECE)
            yield piece
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                data = self._next_member()

    def _next_member(self) -> bytes:
        rest = self._inflater.unused_data
        if not rest.startswith(_GZIP_MAGIC):
            return b""  # Servers pad; browsers ignore it.
        self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
        return rest


class BrotliDecoder:
    """Brotli (RFC 7932)."""

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    def decode(self, data: bytes) -> Iterator[bytes]:
        piece = self._decompressor.process(data, output_buffer_limit=_PIECE)
        yield piece
        # It can accept more data once the input is used up, also while output waits.
        while len(piece) >= _PIECE or not self._decompressor.can_accept_more_data():
            piece = self._decompressor.process(b"", output_buffer_limit=_PIECE)
            yield piece


class ZstdDecoder:
    """Zstandard (RFC 8878), also of several frames."""

    def __init__(self) -> None:
        self._decompressor = _zstd_decompressor()
        self._frames = 1

    def decode(self, data: bytes) -> Iterator[bytes]:
        # A full piece may leave output behind that needs no more input.
        while data or not (self._decompressor.eof or self._decompressor.needs_input):
            if self._decompressor.eof:
                self._begin_frame()
            yield self._decompressor.decompress(data, _PIECE)
            data = self._decompressor.unused_data

    def _begin_frame(self) -> None:
        self._frames += 1
        if self._frames > _MOST_FRAMES:
            # To begin one costs more than it brings: some kilobytes could keep us busy for long.
            raise zstd.ZstdError("too many frames")
        self._decompressor = _zstd_decompressor()


def _zstd_decompressor() -> zstd.ZstdDecompressor:
    limits = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=limits)
