"""/robots.txt of our own site."""

from __future__ import annotations

import pytest
from django.test import Client
from protego import Protego


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [("/guide/", True), ("/", True), ("/admin/", False), ("/dashboard/tasks/", False)],
)
def test_crawlers_may_read_everything_but_the_pages_for_staff(path: str, is_allowed: bool) -> None:
    response = Client().get("/robots.txt")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert Protego.parse(response.text).can_fetch(path, "AgentForge") is is_allowed
