"""Agents and their pages in the admin."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord, AgentStatus, Page, PageStatus
from agents.providers.local.models import LocalAgent
from tasks import retention
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts

LIST = "/admin/agents/agentrecord/"


def test_what_an_agent_says_is_edited_in_the_dashboard(admin_browser: Client, staff: User) -> None:
    agent = builds.ready_agent(staff)
    shown = page(admin_browser.get(f"{LIST}{agent.pk}/change/"))
    assert shown.select("#agentrecord_form input:not([type=hidden]), textarea") == []
    link = one(shown, ".field-edited_in a")
    assert admin_browser.get(str(link["href"])).status_code == 200


def test_a_draft_is_not_edited(admin_browser: Client, staff: User) -> None:
    draft = builds.ready_agent(staff, status=AgentStatus.BUILDING)
    shown = page(admin_browser.get(f"{LIST}{draft.pk}/change/"))
    assert text(one(shown, ".field-edited_in .readonly")) == "Once it is ready."


def test_an_agent_leads_to_its_build_and_its_pages(admin_browser: Client, staff: User) -> None:
    task = builds.finished(staff)
    Page.objects.create(
        agent=task.agent, url="https://docs.example.com/", position=0, status=PageStatus.EXTRACTED
    )
    shown = page(admin_browser.get(f"{LIST}{task.agent.pk}/change/"))
    assert one(shown, ".field-build a")["href"] == f"/admin/tasks/taskstate/{task.pk}/change/"
    pages = page(admin_browser.get(str(one(shown, ".field-all_pages a")["href"])))
    assert text(one(pages, ".field-url")) == "https://docs.example.com/"


def test_agents_are_not_added_by_hand(admin_browser: Client) -> None:
    assert admin_browser.get(f"{LIST}add/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_one_agent_is_deleted_with_all_that_it_is_made_of(
    admin_browser: Client, staff: User
) -> None:
    agent = builds.agent_at_provider(staff)
    asked = page(admin_browser.get(f"{LIST}{agent.pk}/delete/"))
    assert texts(asked, "#content li")[:3] == ["Agents: 1", "Pages: 2", "Passages: 2"]
    response = admin_browser.post(f"{LIST}{agent.pk}/delete/", {"post": "yes"})
    assert response.headers["Location"] == LIST
    assert not AgentRecord.objects.exists()
    assert not Page.objects.exists()
    assert not LocalAgent.objects.exists()


def delete_selected(browser: Client, *agents: AgentRecord) -> str:
    form = {
        "action": "delete_selected",
        "_selected_action": [str(agent.pk) for agent in agents],
        "post": "yes",
    }
    return text(page(browser.post(LIST, form, follow=True)))


def test_selected_agents_are_deleted_and_the_clean_up_removes_them(
    admin_browser: Client, staff: User
) -> None:
    chosen = [builds.agent_at_provider(staff) for _ in range(2)]
    kept = builds.agent_at_provider(staff)
    assert "Successfully deleted 2 agents." in delete_selected(admin_browser, *chosen)
    assert AgentRecord.objects.ready().get() == kept
    retention.clean_up()
    assert AgentRecord.objects.get() == kept
    assert LocalAgent.objects.get().reference == kept.pk


def test_a_draft_is_not_deleted_and_it_is_said_why(admin_browser: Client, staff: User) -> None:
    draft = builds.ready_agent(staff, status=AgentStatus.BUILDING)
    assert "Cancel its build" in delete_selected(admin_browser, draft)
    shown = page(admin_browser.post(f"{LIST}{draft.pk}/delete/", {"post": "yes"}))
    assert "Cancel its build" in text(shown)
    assert AgentRecord.objects.get().status == AgentStatus.BUILDING


def test_the_admins_history_tells_who_deleted_it(admin_browser: Client, staff: User) -> None:
    agent = builds.agent_at_provider(staff)
    delete_selected(admin_browser, agent)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.is_deletion()) == (staff, str(agent.pk), True)


def test_whoever_may_only_look_deletes_nothing(onlooker_browser: Client, user: User) -> None:
    agent = builds.agent_at_provider(user)
    response = onlooker_browser.post(f"{LIST}{agent.pk}/delete/", {"post": "yes"})
    assert response.status_code == 403
    delete_selected(onlooker_browser, agent)
    assert AgentRecord.objects.ready().get() == agent
