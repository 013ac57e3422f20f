"""The list of agents and one agent's page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord, AgentStatus, Chunk, Page, PageContent, PageStatus, newest
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


def add_page(agent: AgentRecord, status: str, **fields: Any) -> Page:
    position = agent.pages.count()
    url = fields.pop("url", f"https://docs.example.com/{position}")
    return Page.objects.create(agent=agent, url=url, position=position, status=status, **fields)


def test_only_agents_that_can_be_asked_are_listed(browser_of_staff: Client, staff: User) -> None:
    builds.ready_agent(staff, name="Manual")
    builds.ready_agent(staff, name="Half", status=AgentStatus.BUILDING)
    assert texts(page(browser_of_staff.get("/dashboard/agents/")), ".agent-card h2") == ["Manual"]


def test_agents_are_found_by_name_and_description(browser_of_staff: Client, staff: User) -> None:
    builds.ready_agent(staff, name="Manual", description="Knows lamps.")
    builds.ready_agent(staff, name="LAMPS and more")
    builds.ready_agent(staff, name="Other")
    for text_sought, found in [("lamp", ["LAMPS and more", "Manual"]), ("  other ", ["Other"])]:
        shown = page(browser_of_staff.get("/dashboard/agents/", {"q": text_sought}))
        assert texts(shown, ".agent-card h2") == found
    shown = page(browser_of_staff.get("/dashboard/agents/", {"q": "submarine"}))
    assert "No agent among the newest 5,000" in text(one(shown, ".empty"))


def test_a_search_reads_a_bounded_number_of_agents(
    browser_of_staff: Client, staff: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(newest, "SEARCHED_NEWEST", 1)
    builds.ready_agent(staff, name="Manual 1")
    builds.ready_agent(staff, name="Manual 2")
    shown = page(browser_of_staff.get("/dashboard/agents/", {"q": "manual"}))
    assert texts(shown, ".agent-card h2") == ["Manual 2"]


def test_what_is_being_built_leads_to_its_task(browser_of_staff: Client, staff: User) -> None:
    builds.finished(staff, name="Done")
    builds.failed(staff, name="Failed")
    task = builds.scraping(staff, name="On its way")
    shown = page(browser_of_staff.get("/dashboard/agents/"))
    assert texts(shown, ".agent-builds h3") == ["On its way"]
    link = one(shown, ".agent-builds h3 a")
    assert link["href"] == f"/dashboard/tasks/{task.pk}/"
    assert one(shown, ".agent-builds progress")["value"] == "13.7"


def test_without_agents_the_list_leads_to_the_form(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.get("/dashboard/agents/"))
    assert one(shown, ".empty a")["href"] == "/dashboard/agents/new"
    assert shown.select("main form") == []


def test_an_agent_that_is_being_built_has_no_page(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(staff, status=AgentStatus.BUILDING)
    assert browser_of_staff.get(f"/dashboard/agents/{agent.pk}/").status_code == 404


def test_an_agent_shows_who_it_is(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(
        staff,
        description="Knows the manual.",
        system_prompt="Answer from the manual only.",
        starter_questions=["What is it?", "How is it done?"],
    )
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    assert text(one(shown, ".agent-lead")) == "Knows the manual."
    assert text(one(shown, ".agent-prompt")) == "Answer from the manual only."
    assert texts(shown, "[data-starter]") == ["What is it?", "How is it done?"]
    assert one(shown, "[data-ask]")["action"] == f"/agents/{agent.pk}/ask"


def test_each_page_shows_what_became_of_it_and_why(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    add_page(agent, PageStatus.FAILED, title="Broken", reason="The server answered 503.")
    row = one(page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/")), ".page-row")
    assert text(one(row, ".badge")) == "Failed"
    assert text(one(row, ".page-reason")) == "The server answered 503."


def test_pages_are_filtered_by_status(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    add_page(agent, PageStatus.EXTRACTED, title="Good")
    add_page(agent, PageStatus.FAILED, title="Broken")
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/?status=failed"))
    assert texts(shown, ".page-title") == ["Broken"]
    assert texts(shown, ".link-tabs a") == ["All", "Extracted 1", "Failed 1"]


def test_many_pages_are_shown_a_part_at_a_time(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    for _ in range(30):
        add_page(agent, PageStatus.EXTRACTED)
    address = f"/dashboard/agents/{agent.pk}/"
    first = page(browser_of_staff.get(address))
    second = page(browser_of_staff.get(address + str(one(first, "a[rel=next]")["href"])))
    assert [len(shown.select(".page-row")) for shown in (first, second)] == [25, 5]


def test_a_page_of_the_list_leads_to_what_was_extracted_from_it(
    browser_of_staff: Client, staff: User
) -> None:
    agent = builds.ready_agent(staff)
    row = add_page(
        agent, PageStatus.EXTRACTED, title="Upkeep", language="en", published=date(2024, 2, 29)
    )
    PageContent.objects.create(page=row, markdown="# Upkeep\n\nSweep the <b>floor</b>.")
    for position, words in enumerate(["Sweep.", "Mop."]):
        path = ["Upkeep", "Floor"]
        Chunk.objects.create(
            agent=agent, page=row, position=position, heading_path=path, text=words, token_count=3
        )
    listed = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    shown = page(browser_of_staff.get(str(one(listed, ".page-title")["href"])))
    assert text(one(shown, ".page-markdown")) == "# Upkeep Sweep the <b>floor</b>."
    assert texts(shown, ".passage-head") == [
        "Upkeep › Floor 1 · 3 tokens",
        "Upkeep › Floor 2 · 3 tokens",
    ]
    assert texts(shown, ".passage-text") == ["Sweep.", "Mop."]
    names, values = texts(shown, ".facts dt"), texts(shown, ".facts dd")
    facts = dict(zip(names, values, strict=True))
    assert (facts["Published"], facts["Language"], facts["Tokens"]) == ("2024-02-29", "en", "6")


def test_a_page_without_content_says_why(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    row = add_page(agent, PageStatus.FAILED, reason="The server answered 503.")
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/pages/{row.pk}"))
    assert texts(shown, ".empty") == ["Nothing. The server answered 503.", "None."]


def test_a_duplicate_leads_to_the_page_that_is_kept(browser_of_staff: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    kept = add_page(agent, PageStatus.EXTRACTED)
    copy = add_page(agent, PageStatus.DUPLICATE, duplicate_of=kept)
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/pages/{copy.pk}"))
    assert one(shown, ".facts a")["href"] == f"/dashboard/agents/{agent.pk}/pages/{kept.pk}"


def test_a_page_is_shown_with_its_own_agent_only(browser_of_staff: Client, staff: User) -> None:
    row = add_page(builds.ready_agent(staff), PageStatus.EXTRACTED)
    other = builds.ready_agent(staff)
    address = f"/dashboard/agents/{other.pk}/pages/{row.pk}"
    assert browser_of_staff.get(address).status_code == 404
