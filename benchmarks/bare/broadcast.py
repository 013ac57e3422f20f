"""The least that a web server can do for watchers: the same bytes to every open WebSocket.

No authentication, database, channel layer or history. Run by `benchmarks.watchers`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

_sends: list[Any] = []


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An ASGI application that sends what `broadcast` says, and closes after the last event."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": _event(1)})
    _sends.append(send)
    if len(_sends) == int(os.environ["WATCHERS"]):
        await broadcast()
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def broadcast() -> None:
    """Send `TICKS` events, `PAUSE` seconds apart, once the file `GO` is there."""
    while not Path(os.environ["GO"]).exists():  # noqa: ASYNC110, ASYNC240  (another process makes it)
        await asyncio.sleep(0.05)
    for seq in range(2, int(os.environ["TICKS"]) + 2):
        await asyncio.sleep(float(os.environ["PAUSE"]))
        event = {"type": "websocket.send", "text": _event(seq, sent_at=time.time())}
        for send in _sends:
            await send(event)
    for send in _sends:
        await send({"type": "websocket.close"})


def _event(seq: int, **data: Any) -> str:
    """As long as the engine's own."""
    event = {"seq": seq, "type": "log", "at": "2026-01-01T00:00:00.000000Z", "state": "RUNNING"}
    rest = {"percent": 0.0, "step": "tick", "message": "tick", "data": {"level": "info", **data}}
    return json.dumps({**event, **rest}, separators=(",", ":"))
