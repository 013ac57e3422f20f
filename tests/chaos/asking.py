"""Asks the API until it answers, as a client must whose server may be killed at any moment."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

PAUSE = 0.2
SECONDS = 90.0
"""An outage that is longer than this is no outage."""


class Unanswered(Exception):
    """The API did not answer for so long that it must be broken."""


class PatientApi:
    """The API of a stack. Every request is one that may be repeated.

    `errors` collects answers that no outage excuses.
    """

    def __init__(self, base_url: str, token: str) -> None:
        self.errors: list[str] = []
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
        )

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The first answer that is none of 5xx.

        Raises:
            Unanswered: there is none within `SECONDS`.
        """
        async with asyncio.timeout(SECONDS) as limit:
            while True:
                try:
                    answer = await self._client.request(method, path, **request)
                except httpx.TransportError:
                    answer = None
                if answer is not None and answer.status_code < 500:
                    return answer
                if answer is not None and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    self.errors.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                await asyncio.sleep(PAUSE)
        raise Unanswered(f"{method} {path} had no answer within {limit.when()} s")

    async def close(self) -> None:
        await self._client.aclose()
