"""Searching an agent's passages from its page, and the way from a passage to its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord, Chunk
from agents.providers.base import ProviderError, SearchHit
from agents.providers.local import LocalProvider
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


class Away(LocalProvider):
    """A platform that is down."""

    def search(self, provider_agent_id: str, query: str, limit: int) -> list[SearchHit]:
        raise ProviderError("The platform is down.", permanent=False)


@pytest.fixture
def agent(staff: User) -> AgentRecord:
    return builds.agent_at_provider(staff)


def search(browser: Client, agent: AgentRecord, text: str) -> Any:
    return browser.get(f"/dashboard/agents/{agent.pk}/search", {"q": text})


def test_passages_are_found_and_lead_to_their_places(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    shown = page(search(browser_of_staff, agent, "lighthouse number 1"))
    hit = shown.select(".hit")[0]
    assert text(one(hit, ".hit-text")) == "Lighthouse number 1."
    outside = one(hit, "a[target=_blank]")["href"]
    assert str(outside).startswith("https://docs.example.com/1#:~:text=Lighthouse")
    chunk = Chunk.objects.get(text="Lighthouse number 1.")
    response = browser_of_staff.get(str(one(hit, "h2 a")["href"]))
    assert response.headers["Location"] == (
        f"/dashboard/agents/{agent.pk}/pages/{chunk.page_id}?page=1#passage-0"
    )
    assert "Lighthouse number 1." in texts(
        page(browser_of_staff.get(response.headers["Location"])), "#passage-0 .passage-text"
    )


def test_a_passage_far_down_its_page_is_found_on_the_part_where_it_stands(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    source = agent.pages.first()
    assert source is not None
    chunk = Chunk.objects.create(
        agent=agent, page=source, position=120, text="Deep down.", token_count=3
    )
    address = f"/dashboard/agents/{agent.pk}/passages/{chunk.pk}"
    assert browser_of_staff.get(address).headers["Location"].endswith("?page=3#passage-120")


def test_what_is_not_found_is_said(browser_of_staff: Client, agent: AgentRecord) -> None:
    shown = page(search(browser_of_staff, agent, "submarine"))
    assert "No passage holds these words" in text(one(shown, ".empty"))


def test_without_a_text_only_the_form_is_shown(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    shown = page(search(browser_of_staff, agent, "  "))
    assert len(shown.select("#search-text")) == 1
    assert shown.select(".hits") == []


def test_a_provider_that_fails_is_told_on_the_page(
    browser_of_staff: Client, agent: AgentRecord, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Away"}
    shown = page(search(browser_of_staff, agent, "lighthouse"))
    assert text(one(shown, "[role=alert]")) == "The platform is down."


def test_a_passage_of_another_agent_is_not_found(
    browser_of_staff: Client, staff: User, agent: AgentRecord
) -> None:
    other = builds.ready_agent(staff)
    chunk = agent.chunks.first()
    assert chunk is not None
    address = f"/dashboard/agents/{other.pk}/passages/{chunk.pk}"
    assert browser_of_staff.get(address).status_code == 404
