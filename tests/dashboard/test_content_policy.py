"""The Content-Security-Policy: on every answer, and strict."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from agentforge.content_policy import HEADER, POLICY

EVERYWHERE = [
    "/",
    "/login/",
    "/dashboard/agents/new",
    "/guide/",
    "/docs",
    "/docs?script",
    "/schema",
    "/admin/",
    "/healthz",
    "/nothing/here",
    "/static/css/base.css",
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_policy(browser_of_staff: Client, path: str) -> None:
    response = browser_of_staff.get(path)
    assert response.headers[HEADER] == POLICY
    response.close()


async def test_an_answer_of_the_web_server_carries_it_too(async_client: AsyncClient) -> None:
    assert (await async_client.get("/healthz")).headers[HEADER] == POLICY


def test_a_page_that_broke_carries_it_too(
    browser_of_staff: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.listing.page", lambda *_: 1 / 0)
    browser_of_staff.raise_request_exception = False
    response = browser_of_staff.get("/dashboard/tasks/")
    assert response.status_code == 500
    assert response.headers[HEADER] == POLICY


def test_nothing_inline_and_no_other_host_is_allowed() -> None:
    sources = {source for directive in POLICY.split("; ") for source in directive.split()[1:]}
    assert sources == {"'none'", "'self'", "data:"}
    assert POLICY.count("data:") == 1  # For images.
