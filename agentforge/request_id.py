"""Gives each request an id, which its log lines carry and its response tells.

Around Django and the live streams, so that lines written while an answer is streamed have it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from agentforge.body_limit import Application, Receive, Scope, Send
from tasks import log_lines

HEADER = b"x-request-id"
SANE = re.compile(rb"[A-Za-z0-9._:/+=-]{1,64}")
"""What is taken over from a client or a proxy: nothing that could forge a log line or fill it."""


def identified(application: Application) -> Application:
    """An ASGI application that names each request: as its X-Request-ID says, or anew."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _request_id(scope)

        async def send_with_id(message: Mapping[str, Any]) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                headers = [*message.get("headers", ()), (HEADER, request_id)]
                message = {**message, "headers": headers}
            await send(message)

        with log_lines.about(request_id=request_id.decode()):
            await application(scope, receive, send_with_id)

    return answer


def _request_id(scope: Scope) -> bytes:
    given = dict(scope.get("headers", ())).get(HEADER, b"")
    return given if SANE.fullmatch(given) else uuid4().hex.encode()
