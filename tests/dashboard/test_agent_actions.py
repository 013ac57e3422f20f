"""Editing and deleting an agent from its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import AgentRecord, AgentStatus, AgentVersion
from agents.pipeline import REFRESH_AGENT
from agents.providers.base import AgentSpec, ProviderError
from agents.providers.local import LocalProvider
from agents.providers.local.models import LocalAgent
from agents.refresh.request import refresh
from tasks import lifecycle
from tasks.models import TaskState
from tests.dashboard import builds
from tests.dashboard.html import one, page, text, texts


class Away(LocalProvider):
    """A platform that is down."""

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        raise ProviderError("The platform is down.", permanent=False)

    def delete(self, provider_agent_id: str) -> None:
        raise ProviderError("The platform is down.", permanent=False)


@pytest.fixture
def agent(staff: User) -> AgentRecord:
    return builds.agent_at_provider(
        staff,
        description="Knows lights.\nAnd towers.",
        system_prompt="Be kind.",
        starter_questions=["How tall?", "How old?"],
    )


def filled_in(browser: Client, agent: AgentRecord) -> dict[str, str]:
    """What a browser would send if nobody changed anything in the form for the agent."""
    form = one(page(browser.get(address(agent, "edit"))), "form.form")
    fields = form.select("input[name], textarea[name]")
    # Of a line break that follows the tag, a browser knows nothing.
    return {
        str(field["name"]): str(field.get("value", field.get_text().removeprefix("\n"))).replace(
            "\n", "\r\n"
        )
        for field in fields
    }


def address(agent: AgentRecord, action: str) -> str:
    return f"/dashboard/agents/{agent.pk}/{action}"


def test_the_agents_page_leads_to_both(browser_of_staff: Client, agent: AgentRecord) -> None:
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    for action in ("edit", "delete"):
        link = one(shown, f".page-head a[href='{address(agent, action)}']")
        assert browser_of_staff.get(str(link["href"])).status_code == 200


def test_what_was_edited_is_saved_here_and_at_the_provider(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    form = filled_in(browser_of_staff, agent)
    form |= {"name": "Lights", "system_prompt": "Be kind.\r\nBe brief."}
    form |= {"starter_questions": "How bright?\r\n\r\nHow far?\r\n"}
    response = browser_of_staff.post(address(agent, "edit"), form, follow=True)
    assert text(one(page(response), ".messages")) == "The agent is saved."
    agent.refresh_from_db()
    assert (agent.name, agent.description) == ("Lights", "Knows lights.\nAnd towers.")
    assert agent.system_prompt == "Be kind.\nBe brief."
    assert agent.starter_questions == ["How bright?", "How far?"]
    assert LocalAgent.objects.get().starter_questions == ["How bright?", "How far?"]


def test_a_form_that_was_not_touched_changes_nothing(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    form = filled_in(browser_of_staff, agent)
    assert browser_of_staff.post(address(agent, "edit"), form).status_code == 302
    assert AgentRecord.objects.get().updated_at == agent.updated_at


def test_what_somebody_else_has_changed_meanwhile_stays(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    form = filled_in(browser_of_staff, agent)
    AgentRecord.objects.update(name="Theirs")
    form["description"] = "Mine."
    assert browser_of_staff.post(address(agent, "edit"), form).status_code == 302
    agent.refresh_from_db()
    assert (agent.name, agent.description) == ("Theirs", "Mine.")


def test_a_mistake_is_shown_at_its_field_and_nothing_is_changed(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    form = filled_in(browser_of_staff, agent) | {"name": "", "description": "New."}
    shown = page(browser_of_staff.post(address(agent, "edit"), form))
    assert texts(shown, ".field-error") == ["This field may not be blank."]
    assert text(one(shown, "#id_description")) == "New."
    agent.refresh_from_db()
    assert agent.name == "Handbook"


def test_the_form_is_checked_while_it_is_filled_in_as_the_change_would_be(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    form = filled_in(browser_of_staff, agent) | {"name": "", "description": "New."}
    checked = browser_of_staff.post(address(agent, "check"), form).json()["errors"]
    shown = page(browser_of_staff.post(address(agent, "edit"), form))
    assert checked == {"name": texts(shown, ".field-error li")}
    form["name"] = "Lights"
    assert browser_of_staff.post(address(agent, "check"), form).json() == {"errors": {}}
    agent.refresh_from_db()
    assert (agent.name, agent.description) == ("Handbook", "Knows lights.\nAnd towers.")


def test_a_provider_that_fails_is_told_on_the_form(
    browser_of_staff: Client, agent: AgentRecord, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Away"}
    form = filled_in(browser_of_staff, agent) | {"name": "Lights"}
    shown = page(browser_of_staff.post(address(agent, "edit"), form))
    assert text(one(shown, "[role=alert]")) == "Nothing was changed. The platform is down."
    agent.refresh_from_db()
    assert agent.name == "Handbook"


def test_the_question_says_what_goes(browser_of_staff: Client, agent: AgentRecord) -> None:
    shown = page(browser_of_staff.get(address(agent, "delete")))
    assert text(one(shown, "h1")) == "Delete Handbook?"
    assert "2 pages and 2 passages of its knowledge." in texts(shown, "main li")
    assert AgentRecord.objects.get().status == AgentStatus.READY


def test_the_answer_deletes_it(browser_of_staff: Client, agent: AgentRecord) -> None:
    shown = page(browser_of_staff.post(address(agent, "delete"), follow=True))
    assert text(one(shown, ".messages")) == "Handbook is deleted."
    assert shown.select(".agent-card") == []
    assert not AgentRecord.objects.exists()
    assert not LocalAgent.objects.exists()


def test_it_is_gone_although_its_provider_is_away(
    browser_of_staff: Client, agent: AgentRecord, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Away"}
    shown = page(browser_of_staff.post(address(agent, "delete"), follow=True))
    assert text(one(shown, ".messages")).endswith("What is left of it goes in the background.")
    assert shown.select(".agent-card") == []


def test_the_page_of_its_build_no_longer_leads_to_it(browser_of_staff: Client, staff: User) -> None:
    task = builds.finished(staff)
    address_of_agent = f"/dashboard/agents/{task.agent_id}/"
    shown = page(browser_of_staff.get(f"/dashboard/tasks/{task.pk}/"))
    assert len(shown.select(f"a[href='{address_of_agent}']")) == 3
    browser_of_staff.post(f"{address_of_agent}delete")
    shown = page(browser_of_staff.get(f"/dashboard/tasks/{task.pk}/"))
    assert shown.select(f"a[href='{address_of_agent}']") == []
    assert text(one(shown, "#outcome-title")) == "Finished: Handbook was deleted"
    assert f"{task.agent_id} (deleted)" in text(shown)


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_an_agent_that_is_being_built_can_be_neither(
    browser_of_staff: Client, agent: AgentRecord, action: str
) -> None:
    AgentRecord.objects.update(status=AgentStatus.BUILDING)
    assert browser_of_staff.post(address(agent, action)).status_code == 404


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_who_is_not_staff_can_do_neither(
    client: Client, user: User, agent: AgentRecord, action: str
) -> None:
    client.force_login(user)
    assert client.post(address(agent, action)).headers["Location"].startswith("/login/")
    assert AgentRecord.objects.ready().get().updated_at == agent.updated_at


@pytest.mark.parametrize("action", ["edit", "delete"])
def test_a_form_of_another_site_changes_nothing(
    staff: User, agent: AgentRecord, action: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff)
    assert browser.post(address(agent, action), {"name": "x"}).status_code == 403


def test_the_button_refresh_leads_to_the_refresh_and_then_says_that_one_is_under_way(
    browser_of_staff: Client, staff: User
) -> None:
    agent = builds.agent_at_provider(staff, source={"urls": ["https://docs.example.com/"]})
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    form = one(shown, f"form[action='{address(agent, 'refresh')}']")
    response = browser_of_staff.post(str(form["action"]))
    task = TaskState.objects.get(workflow="refresh-agent")
    assert response.headers["Location"] == f"/dashboard/tasks/{task.pk}/"
    shown = page(browser_of_staff.post(address(agent, "refresh"), follow=True))
    assert f"is being refreshed by the task {task.pk} already" in text(one(shown, ".messages"))
    assert browser_of_staff.get(address(agent, "refresh")).status_code == 405


def test_an_agent_of_documents_alone_has_no_such_button(
    browser_of_staff: Client, agent: AgentRecord
) -> None:
    shown = page(browser_of_staff.get(f"/dashboard/agents/{agent.pk}/"))
    assert shown.select(f"form[action='{address(agent, 'refresh')}']") == []
    shown = page(browser_of_staff.post(address(agent, "refresh"), follow=True))
    assert "built from documents alone" in text(one(shown, ".messages"))


def test_the_page_of_a_refresh_leads_to_the_agent(browser_of_staff: Client, staff: User) -> None:
    agent = builds.agent_at_provider(staff, source={"urls": ["https://docs.example.com/"]})
    task = refresh(agent.pk, staff).task
    output = {"agent_id": str(agent.pk), "name": agent.name}
    for step in REFRESH_AGENT.by_name:
        lifecycle.succeed(builds.claimed(task, step), output)
    AgentVersion.objects.create(agent=agent, number=2, task=task)
    shown = page(browser_of_staff.get(f"/dashboard/tasks/{task.pk}/"))
    assert len(shown.select(f"a[href='/dashboard/agents/{agent.pk}/']")) == 3
    assert "deleted" not in text(shown)
