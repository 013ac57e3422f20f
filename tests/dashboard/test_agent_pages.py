"""The list of agents and one agent's page."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord, AgentStatus, Page, PageStatus
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


def add_page(agent: AgentRecord, status: str, **fields: str) -> None:
    position = agent.pages.count()
    url = fields.pop("url", f"https://docs.example.com/{position}")
    Page.objects.create(agent=agent, url=url, position=position, status=status, **fields)


def test_only_agents_that_can_be_asked_are_listed(browser_of_staff: Client, staff: User) -> None:
    builds.ready_agent(staff, name="Manual")
    builds.ready_agent(staff, name="Half", status=AgentStatus.BUILDING)
    assert texts(page(browser_of_staff.get("/dashboard/agents/")), ".agent-card h2") == ["Manual"]


def test_without_agents_the_list_leads_to_the_form(browser_of_staff: Client) -> None:
    shown = page(browser_of_staff.get("/dashboard/agents/"))
    assert one(shown, ".empty a")["href"] == "/dashboard/agents/new"


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
