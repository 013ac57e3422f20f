"""X-Request-ID: taken over where it is sane, made where it is not, and told in the answer."""

from __future__ import annotations

import logging
import re
from typing import Any, cast

import httpx
import pytest

from agentforge.asgi import application
from tasks.log_lines import IdsFilter


async def id_of_answer(path: str = "/healthz", given: str | None = None) -> str:
    """The id that the answer to a request tells, which may come with one."""
    headers = {} if given is None else {b"X-Request-ID": given.encode()}
    # Channels and httpx have different types for the same ASGI.
    transport = httpx.ASGITransport(cast(Any, application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        response = await client.get(path, headers=headers)
    return response.headers["X-Request-ID"]


async def test_a_request_without_an_id_gets_one_of_its_own() -> None:
    first, second = await id_of_answer(), await id_of_answer()
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


async def test_the_id_of_a_client_or_proxy_is_taken_over() -> None:
    assert await id_of_answer(given="3f2c-91/a.b_c") == "3f2c-91/a.b_c"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"}', "ü"])
async def test_an_id_that_could_spoil_a_log_is_not(given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", await id_of_answer(given=given))


async def test_the_lines_of_a_request_carry_its_id(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(IdsFilter())
    with caplog.at_level(logging.WARNING, "django.request"):
        await id_of_answer("/no/such/path", "seen")
    (line,) = [record for record in caplog.records if record.name == "django.request"]
    assert vars(line)["ids"] == {"request_id": "seen"}
