"""`POST /agents/{id}/refresh` and `GET /agents/{id}/versions`."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from agents.models import AgentRecord, AgentStatus, AgentVersion
from tasks import lifecycle
from tasks.models import TaskState
from tests.dashboard import builds
from tests.refresh.running import Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent(user: User) -> AgentRecord:
    source = {"urls": ["https://docs.example.com/"], "max_pages": 5}
    return builds.agent_at_provider(user, source=source)


def address(agent: AgentRecord) -> str:
    return f"/agents/{agent.pk}/refresh"


def test_a_refresh_is_a_task_with_steps_of_its_own(
    api_client: APIClient, agent: AgentRecord
) -> None:
    options = {"priority": "high", "callback_url": "https://example.com/hook"}
    response = api_client.post(address(agent), options, format="json")
    assert response.status_code == 202
    body = response.json()
    assert (body["workflow"], body["state"], body["percent"]) == ("refresh-agent", "QUEUED", 0)
    assert sum(step["weight"] for step in body["steps"]) == 100
    assert response["Location"].endswith(f"/tasks/{body['task_id']}")
    task = TaskState.objects.get(pk=body["task_id"])
    assert (task.priority, task.callback_url) == ("high", "https://example.com/hook")
    assert task.subject == "Refresh of Handbook"
    shown = api_client.get(f"/agents/{agent.pk}").json()
    assert (shown["version"], shown["refresh_task_id"]) == (1, body["task_id"])


def test_nothing_needs_to_be_sent(api_client: APIClient, agent: AgentRecord) -> None:
    assert api_client.post(address(agent)).status_code == 202


def test_a_key_that_was_used_gives_the_first_task_although_it_is_under_way(
    api_client: APIClient, agent: AgentRecord
) -> None:
    first = api_client.post(address(agent), HTTP_IDEMPOTENCY_KEY="one")
    again = api_client.post(address(agent), HTTP_IDEMPOTENCY_KEY="one")
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["task_id"] == first.json()["task_id"]
    assert again["Idempotency-Replayed"] == "true"
    other = api_client.post(
        address(agent), {"priority": "low"}, format="json", HTTP_IDEMPOTENCY_KEY="one"
    )
    assert other.json()["errors"][0]["code"] == "idempotency_conflict"


def test_a_refresh_that_is_under_way_is_named(api_client: APIClient, agent: AgentRecord) -> None:
    first = api_client.post(address(agent)).json()["task_id"]
    refused = api_client.post(address(agent))
    assert refused.status_code == 409
    error = refused.json()["errors"][0]
    assert error["code"] == "refresh_running"
    assert first in error["detail"]
    lifecycle.cancel(TaskState.objects.get().pk, by=agent.owner)
    assert api_client.post(address(agent)).status_code == 202


def test_an_agent_of_documents_alone_has_nothing_to_look_at_again(
    api_client: APIClient, agent: AgentRecord
) -> None:
    AgentRecord.objects.update(source={"urls": [], "documents": [str(uuid4())]})
    refused = api_client.post(address(agent))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "nothing_to_refresh")
    assert not TaskState.objects.exists()


def test_an_agent_that_one_may_not_see_does_not_exist(
    api_client: APIClient, staff: User, agent: AgentRecord
) -> None:
    AgentRecord.objects.update(owner=staff)
    for response in (
        api_client.post(address(agent)),
        api_client.get(f"/agents/{agent.pk}/versions"),
    ):
        assert response.status_code == 404
    body = {"workflow": "refresh-agent", "params": {"agent_id": str(agent.pk)}}
    sent = api_client.post("/tasks", body, format="json").json()
    assert sent["subject"] == f"Refresh of the agent {agent.pk}"
    assert Run(TaskState.objects.get(pk=sent["task_id"])).to_the_end().error_code == "agent_deleted"
    AgentRecord.objects.update(owner=agent.owner, status=AgentStatus.BUILDING)
    assert api_client.post(address(agent)).status_code == 404


def test_what_is_unknown_is_refused(api_client: APIClient, agent: AgentRecord) -> None:
    refused = api_client.post(address(agent), {"full": True}, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["attr"] == "full"


def test_versions_come_latest_first_with_what_they_changed(
    api_client: APIClient, agent: AgentRecord
) -> None:
    task = builds.queued(agent.owner)
    AgentVersion.objects.create(agent=agent, number=1, pages_new=2, pages_read=2, page_count=2)
    AgentVersion.objects.create(agent=agent, number=2, task=task, pages_changed=1, page_count=2)
    latest, first = api_client.get(f"/agents/{agent.pk}/versions").json()["results"]
    assert (latest["version"], latest["task_id"]) == (2, str(task.pk))
    assert (latest["pages_changed"], latest["pages_new"], latest["page_count"]) == (1, 0, 2)
    assert (first["version"], first["task_id"], first["pages_read"]) == (1, None, 2)
