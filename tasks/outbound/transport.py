"""HTTP transports that connect to no address which the guard refuses."""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport

from tasks.outbound.guard import AddressGuard, BlockedAddress

RESOLVER_THREADS = 4
"""Names that are looked up at once; what was found is kept for some seconds."""


class GuardedResolver(AbstractResolver):
    """Resolves names to permitted addresses only.

    aiohttp connects to what this returns, so no second look-up can answer differently
    (DNS rebinding). Close it, or its threads stay.
    """

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        # Not the loop's own threads: asyncio.run waits for those, and a look-up may take long.
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The permitted addresses of `host`.

        Raises:
            BlockedAddress: it has addresses, but none that is permitted.
            OSError: it does not resolve.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        permitted = [entry for entry in found if self._guard.permits(host, entry["host"])]
        if found and not permitted:
            raise BlockedAddress(f"{host} is a name of a private address.")
        return permitted

    async def close(self) -> None:
        """Let the threads end; a look-up that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    try:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except UnicodeError as error:
        # Python's IDNA codec refuses empty and overlong labels before anybody is asked.
        raise OSError(socket.EAI_NONAME, "Name or service not known") from error
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=found_family,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for found_family, _, protocol, _, address in found
    ]


class GuardedTransport(AiohttpTransport):
    """httpx over aiohttp, which keeps its speed with many connections, under an address guard.

    Args:
        guard: what may be connected to.
        connections: how many connections may be open at once.

    Raises (from a request):
        BlockedAddress: the URL's host must not be connected to.
    """

    def __init__(self, guard: AddressGuard, *, connections: int = 100) -> None:
        super().__init__(client=self._session)
        self._guard = guard
        self._resolver = GuardedResolver(guard)
        self._connections = connections

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # aiohttp asks no resolver about a host that is an address, so this is checked here.
        self._guard.check_host(request.url.host)
        self._guard.check_port(request.url.port)
        return await super().handle_async_request(request)

    async def aclose(self) -> None:
        await super().aclose()
        await self._resolver.close()

    def _session(self) -> aiohttp.ClientSession:
        context: ssl.SSLContext = self.ssl_context
        connector = aiohttp.TCPConnector(
            resolver=self._resolver, limit=self._connections, ssl=context
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
