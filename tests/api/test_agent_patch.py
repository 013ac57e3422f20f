"""`PATCH /agents/{id}`: what an agent says of itself is changed, here and at its provider."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from queue import Queue
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from agents import editing
from agents.models import AgentRecord, AgentStatus
from agents.providers.base import AgentSpec, ProviderError
from agents.providers.local import LocalProvider
from agents.providers.local.models import LocalAgent
from tests.api.answers import error, errors
from tests.dashboard import builds
from tests.engine.waiting import eventually

pytestmark = [pytest.mark.django_db, pytest.mark.services]

NEW = {
    "name": "Lights",
    "description": "Knows lighthouses.",
    "system_prompt": "Answer briefly.",
    "starter_questions": ["How tall?", "How old?"],
}


@pytest.fixture
def agent(user: User) -> AgentRecord:
    return builds.agent_at_provider(user, description="Old.", system_prompt="Be kind.")


def patch(client: APIClient, agent: AgentRecord, body: Any) -> Any:
    client.raise_request_exception = False
    return client.patch(f"/agents/{agent.pk}", body, format="json")


def words(row: AgentRecord | LocalAgent) -> dict[str, Any]:
    """What the row says of the agent, as it stands in the database."""
    row.refresh_from_db()
    return {name: getattr(row, name) for name in NEW}


class Refusing(LocalProvider):
    """A platform that takes no changes now, or never."""

    permanent: ClassVar[bool] = True

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        raise ProviderError("The platform is closed.", permanent=self.permanent)


class Away(Refusing):
    permanent = False


class Interrupted(LocalProvider):
    """Something else happens while the platform works."""

    meanwhile: ClassVar[list[Callable[[], Any]]] = []

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        super().update(provider_agent_id, spec)
        if self.meanwhile:
            self.meanwhile.pop()()


class Elsewhere(LocalProvider):
    """A platform that notes what it is told, and the database connection of whoever tells it."""

    told: ClassVar[list[AgentSpec]] = []
    callers: ClassVar[Queue[int | None]] = Queue()

    def update(self, provider_agent_id: str, spec: AgentSpec) -> None:
        self.told.append(spec)
        is_postgres = connection.vendor == "postgresql"
        self.callers.put(connection.connection.info.backend_pid if is_postgres else None)


def waits_for_a_lock(caller: int) -> bool:
    """Whether PostgreSQL has that connection wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s", [caller])
        return bool(cursor.fetchall())


def test_every_field_is_changed_here_and_at_the_provider(
    api_client: APIClient, agent: AgentRecord
) -> None:
    response = patch(api_client, agent, NEW)
    assert response.status_code == 200
    assert response.json() == api_client.get(f"/agents/{agent.pk}").json()
    assert {name: response.json()[name] for name in NEW} == NEW
    assert words(agent) == words(LocalAgent.objects.get()) == NEW


def test_what_is_left_out_stays(api_client: APIClient, agent: AgentRecord) -> None:
    before = words(agent)
    assert patch(api_client, agent, {"name": "Lights"}).status_code == 200
    assert words(agent) == words(LocalAgent.objects.get()) == before | {"name": "Lights"}
    assert LocalProvider().count(agent.provider_agent_id) == 2


def test_an_empty_change_changes_nothing(api_client: APIClient, agent: AgentRecord) -> None:
    assert (
        patch(api_client, agent, {}).json()["updated_at"]
        == (api_client.get(f"/agents/{agent.pk}").json()["updated_at"])
    )


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({"name": ""}, "name", "blank"),
        ({"name": None}, "name", "null"),
        ({"name": 7}, "name", "invalid"),
        ({"name": "x" * 121}, "name", "max_length"),
        ({"description": "x" * 5_001}, "description", "max_length"),
        ({"system_prompt": "x" * 50_001}, "system_prompt", "max_length"),
        ({"starter_questions": "How?"}, "starter_questions", "not_a_list"),
        ({"starter_questions": ["How?"] * 11}, "starter_questions", "max_length"),
        ({"starter_questions": ["How?", " "]}, "starter_questions.1", "blank"),
        ({"provider": "local"}, "provider", "unknown_field"),
        ({"chunk_count": 0}, "chunk_count", "unknown_field"),
        ([], "non_field_errors", "invalid"),
    ],
)
def test_a_bad_change_is_refused_by_its_field(
    api_client: APIClient, agent: AgentRecord, body: Any, attr: str, code: str
) -> None:
    before = words(agent)
    assert error(patch(api_client, agent, body), 400)[:2] == (attr, code)
    assert words(agent) == before


def test_nothing_is_changed_when_one_field_is_wrong(
    api_client: APIClient, agent: AgentRecord
) -> None:
    assert errors(patch(api_client, agent, NEW | {"name": ""}), 400)
    assert words(agent)["description"] == words(LocalAgent.objects.get())["description"] == "Old."


@pytest.mark.parametrize("kind", ["Refusing", "Away"])
def test_a_change_that_the_provider_does_not_take_is_not_made_here(
    api_client: APIClient, agent: AgentRecord, settings: Any, kind: str
) -> None:
    before = words(agent)
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.{kind}"}
    assert error(patch(api_client, agent, NEW), 502) == (
        None,
        "provider_failed",
        "The platform is closed.",
    )
    assert words(agent) == before


def test_a_provider_that_has_lost_the_agent_gets_no_new_one(
    api_client: APIClient, agent: AgentRecord
) -> None:
    LocalAgent.objects.all().delete()
    assert error(patch(api_client, agent, NEW), 502)[1] == "provider_failed"
    assert not LocalAgent.objects.exists()


def test_two_changes_at_once_lose_none_of_their_fields(
    api_client: APIClient, agent: AgentRecord, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Interrupted"}
    other = {"description": "From somebody else.", "name": "Theirs"}
    Interrupted.meanwhile.append(lambda: editing.edit(agent.pk, other, by="somebody"))
    assert patch(api_client, agent, {"name": "Mine"}).status_code == 200
    assert words(agent) == words(LocalAgent.objects.get())
    assert (agent.name, agent.description) == ("Mine", "From somebody else.")


@pytest.mark.django_db(transaction=True)
def test_a_change_that_had_to_wait_for_another_tells_the_provider_both(
    agent: AgentRecord, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Elsewhere"}

    def rename() -> None:
        with closing(connection):
            editing.edit(agent.pk, {"name": "Mine"}, by="somebody")

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            AgentRecord.objects.update(description="Theirs.", updated_at=timezone.now())
            renaming = pool.submit(rename)
            if caller := Elsewhere.callers.get(timeout=30):
                eventually(lambda: waits_for_a_lock(caller))
        renaming.result(timeout=30)
    last = Elsewhere.told[-1]
    assert (last.name, last.description) == ("Mine", "Theirs.")
    assert words(agent)["description"] == "Theirs."


def test_a_change_of_an_agent_that_is_deleted_meanwhile_brings_it_not_back(
    api_client: APIClient, agent: AgentRecord, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Interrupted"}
    Interrupted.meanwhile.append(lambda: api_client.delete(f"/agents/{agent.pk}"))
    assert error(patch(api_client, agent, NEW), 404)[1] == "not_found"
    assert not AgentRecord.objects.exists()
    assert not LocalAgent.objects.exists()


def test_the_build_of_a_changed_agent_cannot_be_retried_over_it(
    api_client: APIClient, user: User
) -> None:
    task = builds.finished(user)
    task.agent.provider_agent_id = LocalProvider().create(
        AgentSpec(task.agent.pk, task.agent.name, "", "")
    )
    task.agent.save()
    assert patch(api_client, task.agent, NEW).status_code == 200
    assert error(api_client.post(f"/tasks/{task.pk}/retry"), 409)[1] == "illegal_transition"
    assert words(task.agent) == NEW


def test_somebody_elses_agent_is_not_there(
    stranger_client: APIClient, staff_client: APIClient, agent: AgentRecord
) -> None:
    assert error(patch(stranger_client, agent, NEW), 404)[1] == "not_found"
    assert words(agent)["name"] == "Handbook"
    assert patch(staff_client, agent, NEW).status_code == 200


def test_an_agent_that_is_being_built_cannot_be_changed(
    api_client: APIClient, agent: AgentRecord
) -> None:
    AgentRecord.objects.update(status=AgentStatus.BUILDING)
    assert error(patch(api_client, agent, NEW), 404)[1] == "not_found"


def test_the_log_says_who_changed_what(
    api_client: APIClient, agent: AgentRecord, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "agents.editing"):
        patch(api_client, agent, {"name": "Lights", "description": "New."})
    assert caplog.messages == [f"user changed name, description of the agent {agent.pk}."]
