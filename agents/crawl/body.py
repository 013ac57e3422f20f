"""Reads a page's body within its size limit, and stops at once when it cannot be read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from agents.crawl.decoding import UnknownEncoding, decoder_for
from agents.crawl.faults import PageFault, failed
from agents.crawl.media import binary_problem
from agents.crawl.results import Refusal


async def read_body(
    response: httpx.Response, url: str, *, max_bytes: int, readable_only: bool
) -> bytes:
    """The decompressed body of a streamed response.

    Args:
        max_bytes: how large it may be, decompressed.
        readable_only: refuse what is neither text nor a document, whatever its Content-Type says.

    Raises:
        PageFault: it is too large, binary, or encoded in a way that was not asked for.
    """
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(url, max_bytes)
    body = bytearray()
    content_type = response.headers.get("content-type", "")
    async for piece in _decoded(response, url):
        if readable_only and not body and (problem := binary_problem(piece, content_type)):
            raise PageFault(Refusal("binary", problem), url)
        body += piece
        if len(body) > max_bytes:
            raise _too_large(url, max_bytes)
    return bytes(body)


async def _decoded(response: httpx.Response, url: str) -> AsyncIterator[bytes]:
    try:
        decoder = decoder_for(response.headers.get("content-encoding", ""))
    except UnknownEncoding as error:
        reason = f"The server compressed the page with {error}, which was not asked for."
        raise PageFault(failed("bad_encoding", reason), url) from error
    async for raw in response.aiter_raw():
        for piece in decoder.decode(raw):
            yield piece


def _too_large(url: str, max_bytes: int) -> PageFault:
    reason = f"The page is larger than the limit of {max_bytes:,} bytes."
    return PageFault(failed("too_large", reason), url)
