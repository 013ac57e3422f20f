"""The same content is kept once: where the site wants it, or where it was found first."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from agents.models import AgentRecord, Chunk, Page
from agents.steps.duplicates import drop_duplicates

pytestmark = [pytest.mark.django_db, pytest.mark.services]

HOME = "https://example.com/"


@pytest.fixture
def agent(user: User) -> AgentRecord:
    return AgentRecord.objects.create(owner=user)


def read(agent: AgentRecord, name: str, *, canonical: str = "", content: str = "") -> Page:
    """A page that was read, in the order of the calls, with one chunk."""
    page = Page.objects.create(
        agent=agent,
        url=HOME + name,
        position=agent.pages.count(),
        status="extracted",
        canonical_url=HOME + canonical if canonical else "",
        content_hash=content or name,
    )
    Chunk.objects.create(agent=agent, page=page, position=0, text=name, token_count=1)
    return page


def duplicates(agent: AgentRecord) -> dict[str, tuple[str, str]]:
    """`{name: (reason code, name of the page that is kept)}`, after doing it twice."""
    drop_duplicates(agent)
    first = _marked(agent)
    drop_duplicates(agent)
    assert _marked(agent) == first
    kept = set(agent.chunks.values_list("text", flat=True))
    assert kept.isdisjoint(first)
    return first


def _marked(agent: AgentRecord) -> dict[str, tuple[str, str]]:
    return {
        page.url.removeprefix(HOME): (
            page.reason_code,
            page.duplicate_of.url.removeprefix(HOME) if page.duplicate_of else "",
        )
        for page in agent.pages.filter(status="duplicate").select_related("duplicate_of")
    }


def test_the_page_that_was_found_first_is_kept(agent: AgentRecord) -> None:
    for name, content in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "x")]:
        read(agent, name, content=content)
    assert duplicates(agent) == {"c": ("same_content", "a"), "d": ("same_content", "a")}
    assert agent.pages.get(url=f"{HOME}c").reason == f"It holds the same content as {HOME}a"


def test_the_canonical_page_is_kept_although_it_was_found_later(agent: AgentRecord) -> None:
    read(agent, "a?sort=up", canonical="a")
    read(agent, "a")
    assert duplicates(agent) == {"a?sort=up": ("canonical", "a")}
    reason = agent.pages.get(url=f"{HOME}a?sort=up").reason
    assert reason == f"Its site names as the page with this content {HOME}a"


def test_a_canonical_page_that_was_not_read_takes_nothing_away(agent: AgentRecord) -> None:
    read(agent, "a", canonical="missing")
    Page.objects.create(agent=agent, url=f"{HOME}missing", position=1, status="failed")
    assert duplicates(agent) == {}


def test_two_pages_that_name_each_other_are_both_kept(agent: AgentRecord) -> None:
    read(agent, "a", canonical="b")
    read(agent, "b", canonical="a")
    assert duplicates(agent) == {}


def test_pages_of_another_agent_do_not_count(agent: AgentRecord, user: User) -> None:
    other = AgentRecord.objects.create(owner=user)
    read(other, "a", content="x")
    read(agent, "a?p", canonical="a", content="x")
    assert duplicates(agent) == {}


def test_a_copy_of_a_canonical_page_is_a_copy(agent: AgentRecord) -> None:
    read(agent, "a?p", canonical="a", content="x")
    read(agent, "a", content="x")
    read(agent, "b", content="x")
    assert duplicates(agent) == {"a?p": ("canonical", "a"), "b": ("same_content", "a")}
