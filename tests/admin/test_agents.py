"""Agents and their pages in the admin."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from agents.models import Page, PageStatus
from tests.dashboard import builds
from tests.dashboard.html import one, page, text

LIST = "/admin/agents/agentrecord/"


def test_what_an_agent_says_may_be_edited(admin_browser: Client, staff: User) -> None:
    agent = builds.ready_agent(staff, chunk_count=7)
    form = {
        "name": "Manual",
        "description": "Knows the manual.",
        "system_prompt": "Answer briefly.",
        "starter_questions": '["What is it?"]',
        "chunk_count": 99,
    }
    assert admin_browser.post(f"{LIST}{agent.pk}/change/", form).status_code == 302
    agent.refresh_from_db()
    assert (agent.name, agent.system_prompt) == ("Manual", "Answer briefly.")
    assert agent.starter_questions == ["What is it?"]
    assert agent.chunk_count == 7


def test_an_agent_leads_to_its_build_and_its_pages(admin_browser: Client, staff: User) -> None:
    task = builds.finished(staff)
    Page.objects.create(
        agent=task.agent, url="https://docs.example.com/", position=0, status=PageStatus.EXTRACTED
    )
    shown = page(admin_browser.get(f"{LIST}{task.agent.pk}/change/"))
    assert one(shown, ".field-build a")["href"] == f"/admin/tasks/taskstate/{task.pk}/change/"
    pages = page(admin_browser.get(str(one(shown, ".field-all_pages a")["href"])))
    assert text(one(pages, ".field-url")) == "https://docs.example.com/"


def test_agents_are_neither_added_nor_deleted_by_hand(admin_browser: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    assert admin_browser.get(f"{LIST}add/").status_code == 403
    assert admin_browser.post(f"{LIST}{agent.pk}/delete/", {"post": "yes"}).status_code == 403


def test_whoever_may_only_look_edits_nothing(onlooker_browser: Client, user: User) -> None:
    agent = builds.ready_agent(user)
    response = onlooker_browser.post(f"{LIST}{agent.pk}/change/", {"name": "Other"})
    assert response.status_code == 403
