"""Why an address could not be reached, as a code and a sentence."""

from __future__ import annotations

import errno
import socket
import ssl
from dataclasses import dataclass

import aiohttp
import httpx

from tasks.outbound.guard import BlockedAddress

NETWORK_ERRORS: tuple[type[Exception], ...] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    BlockedAddress,
    OSError,
)
"""What a request can raise through no fault of ours."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What kept a request from being answered, and whether another may succeed."""

    code: str
    reason: str
    transient: bool


def cause_of(error: Exception) -> BaseException:
    """What really happened: httpx-aiohttp maps aiohttp's exceptions loosely (a server that hangs
    up becomes a timeout), but what they were raised from is exact."""
    return error.__cause__ if isinstance(error, httpx.HTTPError) and error.__cause__ else error


def reaching_problem(cause: BaseException, host: str) -> Problem | None:
    """The problem of reaching `host` at all; None when it was reached."""
    match cause:
        case BlockedAddress():
            return Problem(cause.code, str(cause), False)
        case aiohttp.ClientConnectorDNSError():
            reason = f"The host {host} does not resolve. Check its spelling."
            return Problem("dns_error", reason, cause.os_error.errno == socket.EAI_AGAIN)
        case aiohttp.ClientSSLError() | ssl.SSLError():
            reason = f"No secure connection to {host}: {_tls_problem(cause)}."
            return Problem("tls_error", reason, False)
        case TimeoutError() | httpx.TimeoutException():
            return Problem("timeout", f"{host} did not answer in time.", True)
        case aiohttp.ClientConnectorError() if cause.os_error.errno == errno.ECONNREFUSED:
            return Problem("connection_refused", f"{host} refused the connection.", True)
        case aiohttp.ClientConnectorError():
            return Problem("unreachable", f"{host} cannot be reached.", True)
    return None


def _tls_problem(cause: BaseException) -> str:
    if isinstance(cause, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid"
    return "the TLS handshake failed"
