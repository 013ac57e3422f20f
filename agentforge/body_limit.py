"""Refuses request bodies that are too large before Django writes them to disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.http import HttpResponse

from tasks.api.body_limit import limit_for, refusal_of

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAINED = 16_000_000
"""Bytes of a refused body that are received and dropped: a client reads the answer only when it
has sent what it wanted to."""


def limited(application: Application) -> Application:
    """An ASGI application around Django's, which would receive every body before looking at it."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope)
        if refusal is None:
            await application(scope, receive, send)
        else:
            await _drain(receive)
            await _send(refusal, send)

    return answer


def _refusal(scope: Scope) -> HttpResponse | None:
    headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
    return refusal_of(
        headers.get(b"content-length", ""),
        headers.get(b"transfer-encoding", ""),
        limit_for(scope.get("path", ""), headers.get(b"content-type", "")),
    )


async def _drain(receive: Receive) -> None:
    left = DRAINED
    while left > 0:
        message = await receive()
        if not message.get("more_body"):
            return
        left -= len(message.get("body", b""))


async def _send(response: HttpResponse, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
