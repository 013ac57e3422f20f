"""The requests themselves: many at once, each within its time, none to a private address."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from django.utils import timezone

from tasks.outbound.guard import AddressGuard
from tasks.outbound.problems import NETWORK_ERRORS, cause_of, reaching_problem
from tasks.outbound.retry_after import retry_after_seconds
from tasks.outbound.transport import GuardedTransport
from tasks.webhooks.attempts import Attempt, Outcome
from tasks.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds in which a receiver must have answered."""

HEADERS = {"Content-Type": "application/json", "User-Agent": "AgentForge-Webhook/1.0"}


async def send_all(attempts: Sequence[Attempt], guard: AddressGuard, secret: str) -> list[Outcome]:
    """Make every request at the same time: their outcomes, in the same order."""
    transport = GuardedTransport(guard, connections=len(attempts))
    async with httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False) as client:
        return await asyncio.gather(*(_send(client, attempt, secret) for attempt in attempts))


async def _send(client: httpx.AsyncClient, attempt: Attempt, secret: str) -> Outcome:
    at, begun = timezone.now(), time.monotonic()
    status, error, retry_after = None, "", 0.0
    try:
        async with asyncio.timeout(TIMEOUT):
            status, retry_after = await _post(client, attempt, secret, int(at.timestamp()))
        error = _refusal(status)
    except NETWORK_ERRORS as problem:
        error = _network_error(problem, attempt.url)
    except Exception:
        # One delivery that cannot be sent must not hold up all the others.
        logger.exception("Could not send the webhook %s", attempt.delivery_id)
        error = "The request could not be made. The worker's log says why."
    return Outcome(at, status, error, round((time.monotonic() - begun) * 1000), retry_after)


async def _post(
    client: httpx.AsyncClient, attempt: Attempt, secret: str, timestamp: int
) -> tuple[int, float]:
    """The status of the answer, and for how many seconds it asks us to wait. Its body is of no use,
    so it is never read."""
    body = attempt.body.encode()
    signature = signed_headers(secret, str(attempt.delivery_id), timestamp, body)
    request = client.stream("POST", attempt.url, content=body, headers=HEADERS | signature)
    async with request as response:
        return response.status_code, retry_after_seconds(response.headers.get("retry-after", ""))


def _refusal(status: int) -> str:
    """Why an answer is no success, in a sentence; empty for one that is."""
    if 200 <= status < 300:
        return ""
    phrase = next((known.phrase for known in HTTPStatus if known == status), "")
    sentence = f"The receiver answered {f'{status} {phrase}'.strip()}."
    if 300 <= status < 400:
        return f"{sentence} Redirects are not followed: give the final address as callback_url."
    return sentence


def _network_error(error: Exception, url: str) -> str:
    host = urlsplit(url).hostname or url
    problem = reaching_problem(cause_of(error), host)
    return problem.reason if problem else f"{host} sent no valid HTTP answer."
