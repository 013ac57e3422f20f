"""Server-sent events: `GET /tasks/{id}/events` with `Accept: text/event-stream`.

See the HTML standard, section 9.2, for the format and for `Last-Event-ID`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse

from tasks.events import WireEvent
from tasks.streams.feed import follow

COMMENT_INTERVAL = 15.0
"""Seconds between comments on a silent stream, so that no proxy closes it."""


def accepts_event_stream(request: HttpRequest) -> bool:
    """Whether the client asks for a stream rather than for JSON."""
    return "text/event-stream" in request.headers.get("Accept", "")


def event_stream(task_id: UUID, after: int) -> StreamingHttpResponse:
    """The response that sends every event after `after`, and ends with the final one."""
    response = StreamingHttpResponse(_frames(task_id, after), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _frames(task_id: UUID, after: int) -> AsyncIterator[str]:
    # The first bytes tell the client that the stream is open, before there is any event.
    yield ": open\n\n"
    sent_at = time.monotonic()
    async with aclosing(follow(task_id, after)) as batches:
        async for batch in batches:
            if batch:
                yield "".join(_frame(event) for event in batch)
            elif time.monotonic() - sent_at >= COMMENT_INTERVAL:
                yield ": still here\n\n"
            else:
                continue
            sent_at = time.monotonic()


def _frame(event: WireEvent) -> str:
    return f"id: {event.seq}\nevent: {event.type}\ndata: {event.json}\n\n"
