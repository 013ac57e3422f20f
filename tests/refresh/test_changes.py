"""What a refresh fetches and reads: what has changed, and nothing else."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from agents.models import AgentRecord, Chunk
from agents.providers.registry import provider
from tests.refresh.running import built, changes, refreshed
from tests.refresh.website import Website, chapter, manual, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

THREE = ("/chapter2", "/chapter4", "/chapter6")


def change_three(site: Website) -> None:
    for path in THREE:
        site.change(path, chapter(int(path[-1]), "grade nine hundred"))


def found(agent: AgentRecord, query: str) -> str:
    """The text of every passage that a search finds."""
    hits = provider(agent.provider).search(agent.provider_agent_id, query, 20)
    return " ".join(hit.text for hit in hits)


def urls(agent: AgentRecord) -> set[str]:
    return {page.url.rpartition("/")[2] for page in agent.pages.filter(status="extracted")}


@pytest.mark.parametrize("validators", ["etag", "weak", "date"])
def test_three_changed_pages_are_fetched_and_read_and_no_others(
    user: User, validators: str
) -> None:
    with Website(validators) as site:
        manual(site)
        agent = built(user, f"{site.root}/")
        kept = set(agent.chunks.exclude(page__url__regex="chapter[246]").values_list("pk"))
        site.forget()
        change_three(site)
        version = refreshed(agent)
    assert site.full == dict.fromkeys(THREE, 1)
    assert len(site.not_modified) == 5
    assert changes(version) == (0, 3, 5, 0, 3)
    assert (version.number, version.page_count, agent.version) == (2, 8, 2)
    assert "nine hundred" in found(agent, "oil of shaft 4")
    assert "grade 3" in found(agent, "oil of shaft 3")
    assert kept < set(agent.chunks.values_list("pk"))


@pytest.mark.parametrize(("validators", "obeys"), [("none", True), ("etag", False)])
def test_a_server_that_sends_the_same_again_has_only_what_changed_read(
    user: User, validators: str, obeys: bool
) -> None:
    with Website(validators, obeys=obeys) as site:
        manual(site)
        agent = built(user, f"{site.root}/")
        change_three(site)
        site.forget()
        version = refreshed(agent)
    assert sum(site.full.values()) == 8
    assert changes(version) == (0, 3, 5, 0, 3)


def test_a_body_that_says_the_same_in_other_words_of_html_is_no_change(
    website: Website, agent: AgentRecord
) -> None:
    known = set(agent.chunks.values_list("pk", "text"))
    website.change("/chapter1", website.pages["/chapter1"].replace("<nav>", "<nav data-built=2>"))
    assert changes(refreshed(agent)) == (0, 0, 8, 0, 1)
    assert set(agent.chunks.values_list("pk", "text")) == known
    website.forget()
    assert changes(refreshed(agent)) == (0, 0, 8, 0, 0)
    assert website.full == {}, "of the page that was sent anew, its new state is remembered"


def test_new_pages_are_found_and_pages_that_are_not_there_leave(
    website: Website, agent: AgentRecord
) -> None:
    del website.pages["/chapter3"]
    website.statuses["/chapter5"] = 410
    website.change("/chapter1", page("Chapter 1", "It leads on.", "/", "/appendix"))
    website.pages["/appendix"] = page("Appendix", "The lathe weighs nine tons.")
    assert changes(refreshed(agent)) == (1, 1, 5, 2, 2)
    assert urls(agent) == {"", "appendix", *(f"chapter{n}" for n in (1, 2, 4, 6, 7))}
    assert "nine tons" in found(agent, "lathe weighs")
    assert "grade 3" not in found(agent, "oil of shaft 3")
    assert agent.pages.get(url__endswith="/chapter5").status == "failed"


def test_a_page_that_nothing_leads_to_any_more_leaves(website: Website, agent: AgentRecord) -> None:
    chapters = [f"/chapter{number}" for number in range(1, 7)]
    website.change("/", page("Manual", "The manual of the great lathe.", *chapters))
    assert changes(refreshed(agent)) == (0, 0, 7, 1, 1)
    assert not agent.pages.filter(url__endswith="/chapter7").exists()


def test_a_page_that_cannot_be_fetched_just_now_stays_with_all_it_leads_to(
    website: Website, agent: AgentRecord
) -> None:
    website.change("/chapter1", page("Chapter 1", "It leads on.", "/appendix"))
    website.pages["/appendix"] = page("Appendix", "The lathe weighs nine tons.")
    refreshed(agent)
    website.statuses["/chapter1"] = 500
    assert changes(refreshed(agent)) == (0, 0, 9, 0, 0)
    kept = agent.pages.get(url__endswith="/chapter1")
    assert (kept.status, kept.reason_code, kept.http_status) == ("extracted", "not_refreshed", 200)
    assert "nine tons" in found(agent, "lathe weighs")
    del website.statuses["/chapter1"]
    website.forget()
    assert changes(refreshed(agent)) == (0, 0, 9, 0, 0)
    assert website.full == {}
    assert agent.pages.get(url__endswith="/chapter1").reason_code == ""


def test_a_copy_takes_the_place_of_a_page_that_leaves(user: User, website: Website) -> None:
    for path in ("/chapter1", "/chapter2"):
        website.pages[path] = page("Twins", "Both say that the lathe is green.", "/")
    agent = built(user, f"{website.root}/")
    first, second = agent.pages.filter(url__regex="chapter[12]").order_by("position")
    assert (first.status, second.status) == ("extracted", "duplicate")
    del website.pages["/" + first.url.rpartition("/")[2]]
    refreshed(agent)
    heir = agent.pages.get(url=second.url)
    assert (heir.status, heir.duplicate_of) == ("extracted", None)
    assert heir.chunks.count() == 1
    assert "green" in found(agent, "lathe green")


def test_a_page_that_becomes_a_copy_gives_up_its_passages(
    website: Website, agent: AgentRecord
) -> None:
    website.change("/chapter2", website.pages["/chapter1"])
    refreshed(agent)
    copy = agent.pages.get(url__endswith="/chapter2")
    assert (copy.status, copy.chunks.count()) == ("duplicate", 0)
    assert copy.duplicate_of == agent.pages.get(url__endswith="/chapter1")
    assert agent.chunk_count == agent.chunks.count() == Chunk.objects.filter(agent=agent).count()
    assert provider("local").count(agent.provider_agent_id) == agent.chunk_count
    refreshed(agent)
    assert agent.pages.get(url__endswith="/chapter2").duplicate_of == copy.duplicate_of


def test_what_its_owner_has_said_of_the_agent_stays(website: Website, agent: AgentRecord) -> None:
    AgentRecord.objects.update(name="Lathe", system_prompt="Be brief.", starter_questions=["Why?"])
    change_three(website)
    refreshed(agent)
    assert (agent.name, agent.system_prompt) == ("Lathe", "Be brief.")
    assert agent.starter_questions == ["Why?"]
