"""What each role may do on the pages: they show what it may not do, and the server refuses it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord
from tasks.models import AuditEntry
from tests.dashboard import builds
from tests.dashboard.html import page, text
from tests.people import staff_of


def browser_of(role: str) -> Client:
    browser = Client(headers={"Accept": "text/html"})
    browser.force_login(staff_of(role))
    return browser


@pytest.mark.parametrize("role", ["", "Viewers"])
@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_a_refused_act_is_a_page_that_says_why(user: User, role: str, action: str) -> None:
    task = builds.queued(user) if action == "cancel" else builds.failed(user)
    browser = browser_of(role)
    assert browser.get(f"/dashboard/tasks/{task.pk}/").status_code == 200
    shown = page(browser.post(f"/dashboard/tasks/{task.pk}/{action}"), 403)
    assert f"tasks.{action}_taskstate" in text(shown)
    before = task.state
    task.refresh_from_db()
    assert task.state == before


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_operators_may_and_the_trail_says_from_where(user: User, action: str) -> None:
    task = builds.queued(user) if action == "cancel" else builds.failed(user)
    response = browser_of("Operators").post(f"/dashboard/tasks/{task.pk}/{action}")
    assert response.status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.source) == ("operators", action, "dashboard")


@pytest.mark.parametrize("page_of", ["edit", "delete"])
def test_viewers_get_no_form_for_an_agent(agent: AgentRecord, page_of: str) -> None:
    browser = browser_of("Viewers")
    address = f"/dashboard/agents/{agent.pk}/{page_of}"
    assert "you do not have the permission" in text(page(browser.get(address), 403))
    assert browser.post(address, {"name": "Changed"}).status_code == 403
    assert AgentRecord.objects.ready().get().name == "Handbook"


def test_a_page_offers_only_what_may_be_done(user: User) -> None:
    address = f"/dashboard/tasks/{builds.queued(user).pk}/"
    (refused,) = page(browser_of("Viewers").get(address)).select("#task-actions button")
    assert refused.has_attr("disabled")
    assert "tasks.cancel_taskstate" in text(page(browser_of("").get(address)))
    (offered,) = page(browser_of("Operators").get(address)).select("#task-actions button")
    assert not offered.has_attr("disabled")
