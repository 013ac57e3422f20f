"""The versions of an agent's knowledge and its refresh, on its page and in the gallery."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord, AgentVersion
from agents.refresh.request import refresh
from tasks import lifecycle
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts
from tests.people import staff_of


@pytest.fixture
def agent(staff: User) -> AgentRecord:
    """An agent whose second version is in place."""
    agent = builds.ready_agent(staff, version=2, source={"urls": ["https://docs.example.com/"]})
    AgentVersion.objects.create(agent=agent, number=1, page_count=4, chunk_count=9)
    AgentVersion.objects.create(
        agent=agent, number=2, pages_new=1, pages_changed=2, pages_unchanged=1, pages_gone=1
    )
    return agent


def test_each_version_says_what_it_has_changed(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    assert texts(shown, ".version-head") == ["Version 2 Current", "Version 1"]
    newest, first = texts(shown, ".version")
    assert "1 new · 2 changed · 1 gone · 1 unchanged" in newest
    assert "4 pages read" in first


def test_a_refresh_under_way_is_shown_with_its_way(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    response = browser_of_staff.post(f"/dashboard/agents/{agent.pk}/refresh")
    agent.refresh_from_db()
    live = f"/dashboard/tasks/{agent.refresh_task_id}/"
    assert response.headers["Location"] == live
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    notice = one(shown, ".agent-notice")
    assert text(notice).startswith("A refresh is under way: 0 % done.")
    assert one(notice, "a")["href"] == live
    gallery = page(browser_of_staff.get("/dashboard/agents/"))
    assert texts(gallery, ".agent-card .badge") == ["Refreshing · 0 %"]


def test_a_refresh_that_failed_says_so_until_another_succeeds(
    browser_of_staff: Client, staff: User, agent: AgentRecord
) -> None:
    task = refresh(agent.pk, staff).task
    first = task.steps.first()
    assert first is not None
    lifecycle.fail(builds.claimed(task, first.name), "no_pages", "The site is away.")
    notice = one(page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/")), ".agent-notice")
    assert "failed: The site is away." in text(notice)
    assert "still answers from version 2" in text(notice)
    gallery = page(browser_of_staff.get("/dashboard/agents/"))
    assert texts(gallery, ".agent-card .badge") == ["Refresh failed"]


def test_an_agent_that_rests_is_ready(browser_of_staff: Client, agent: AgentRecord) -> None:
    gallery = page(browser_of_staff.get("/dashboard/agents/"))
    assert texts(gallery, ".agent-card .badge") == ["Ready"]
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    assert shown.select(".agent-notice") == []


def test_staff_without_the_right_see_an_agent_and_change_nothing(
    client: Client, agent: AgentRecord
) -> None:
    client.force_login(staff_of("Viewers"))
    shown = page(client.get(f"/dashboard/agents/{agent.pk}/"))
    actions = shown.select(".page-head .actions button")
    assert [text(action) for action in actions] == ["Refresh", "Edit", "Delete…"]
    assert all(action.has_attr("disabled") for action in actions)
    for action in ("refresh", "edit", "delete"):
        response = client.post(f"/dashboard/agents/{agent.pk}/{action}", {"name": "Mine"})
        assert response.status_code == 403
    agent.refresh_from_db()
    assert (agent.name, agent.refresh_task) == ("Handbook", None)
