"""The web server's connections: one that takes nothing for a while is hung up on.

A watcher that has vanished, or that is there and does not read, would otherwise be kept with all
that waits for it, for ever. The kernel knows best: it sees what has been acknowledged. Run uvicorn
with `--http agentforge.connections:HttpProtocol`; WebSockets begin as HTTP and inherit it.
"""

from __future__ import annotations

import socket
from asyncio import Transport

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol on a socket with a user timeout (RFC 5482; `tcp(7)` of Linux)."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        connection = transport.get_extra_info("socket")
        # Other systems have no such option, and Unix sockets no such problem.
        if hasattr(socket, "TCP_USER_TIMEOUT") and connection.family != socket.AF_UNIX:
            milliseconds = int(1000 * settings.AGENTFORGE_UNTAKEN_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        super().connection_made(transport)
