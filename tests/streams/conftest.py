"""The running stack as two users call it, and tasks on it that wait until they are let go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stack import Stack
from tests.streams.watching import Server, Waiting
from tests.valkey import RestartableValkey, used_by_this_process

MAKE_STRANGER = (
    "from django.contrib.auth.models import User; "
    "User.objects.get_or_create(username='watching-stranger')"
)


@pytest.fixture(scope="session")
def server(stack: Stack) -> Iterator[Server]:
    """The stack's API as its staff user calls it."""
    token = stack.token()
    with stack.client(token) as client:
        yield Server(stack.base_url, token, client)


@pytest.fixture(scope="session")
def stranger_token(stack: Stack) -> str:
    """The token of somebody who owns no task."""
    stack.manage("shell", "--no-imports", "--command", MAKE_STRANGER)
    return stack.token("watching-stranger")


@pytest.fixture(scope="session")
def session_cookie(stack: Stack) -> str:
    """The Cookie header of a browser in which the staff user is logged in."""
    with httpx.Client(base_url=stack.base_url, trust_env=False) as browser:
        browser.get("/login/")
        form = {
            "username": stack.username,
            "password": stack.password,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        answer = browser.post("/login/", data=form, headers={"Referer": stack.base_url})
        assert answer.status_code == 302, answer.text
        return f"sessionid={browser.cookies['sessionid']}"


@pytest.fixture
def waiting(server: Server, tmp_path: Path) -> Iterator[Waiting]:
    """A task that runs until the test lets it go, or the test ends."""
    task = Waiting(server, tmp_path)
    try:
        yield task
    finally:
        task.let_go()


@pytest.fixture
def own_valkey(tmp_path: Path, settings: Any) -> Iterator[RestartableValkey]:
    """A Valkey that the test may kill, as this process's channel layer."""
    valkey = RestartableValkey(tmp_path)
    with used_by_this_process(valkey.url, settings):
        yield valkey
    valkey.kill()
