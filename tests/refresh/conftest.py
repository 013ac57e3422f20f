"""A website to build from, and an agent of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import AgentRecord
from tests.refresh.running import built
from tests.refresh.website import Website, manual


@pytest.fixture(autouse=True)
def patient(settings: Any) -> None:
    """Nobody waits for a second attempt at a page."""
    settings.AGENTFORGE_PAGE_RETRIES = 0


@pytest.fixture
def website() -> Iterator[Website]:
    with Website() as site:
        manual(site)
        yield site


@pytest.fixture
def agent(user: User, website: Website) -> AgentRecord:
    """An agent of eight pages, and a website that has counted nothing since."""
    agent = built(user, f"{website.root}/")
    website.forget()
    return agent
