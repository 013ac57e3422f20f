"""`/readyz` of a stack that works."""

from __future__ import annotations

import time

import pytest

from tests.streams.watching import Server

pytestmark = pytest.mark.services


def test_the_whole_stack_becomes_ready(server: Server) -> None:
    deadline = time.monotonic() + 20
    # A worker takes longer to start than the web server; each question waits a second for it.
    while (answer := server.client.get("/readyz")).status_code == 503:
        assert time.monotonic() < deadline, answer.text
    assert answer.json()["status"] == "ready"
    assert all(check["ok"] for check in answer.json()["checks"].values())
