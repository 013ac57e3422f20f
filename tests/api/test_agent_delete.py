"""`DELETE /agents/{id}`: the agent is gone at once, and nothing of it stays anywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db.models import ProtectedError
from django.utils import timezone
from rest_framework.test import APIClient

from agents import removal
from agents.models import AgentRecord, AgentStatus, Chunk, Page, PageContent
from agents.providers.base import ProviderError
from agents.providers.local import LocalProvider
from agents.providers.local import provider as local
from agents.providers.local.models import LocalAgent, LocalPassage
from tasks import retention
from tests.api.answers import error, results
from tests.dashboard import builds

pytestmark = [pytest.mark.django_db, pytest.mark.services]


class Away(LocalProvider):
    """A platform that is down."""

    def delete(self, provider_agent_id: str) -> None:
        raise ProviderError("The platform is down.", permanent=False)


class Broken(LocalProvider):
    """A platform whose code has a bug."""

    def find(self, reference: UUID) -> str | None:
        raise KeyError("id")


@pytest.fixture
def agent(user: User) -> AgentRecord:
    return builds.agent_at_provider(user)


@pytest.fixture
def away(settings: Any) -> Any:
    """The provider is down until the test puts `here` back."""
    here = settings.AGENTFORGE_PROVIDERS
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Away"}
    return here


def delete(client: APIClient, agent: AgentRecord) -> Any:
    return client.delete(f"/agents/{agent.pk}")


def left() -> dict[str, int]:
    """How many rows there are of each kind that an agent is made of."""
    kinds = (AgentRecord, Page, PageContent, Chunk, LocalAgent, LocalPassage)
    return {kind.__name__: kind.objects.count() for kind in kinds if kind.objects.exists()}


def let_pass(time: timedelta) -> None:
    AgentRecord.objects.exclude(removal_due_at=None).update(removal_due_at=timezone.now() - time)


def test_a_small_agent_is_gone_with_all_it_was_made_of(
    api_client: APIClient, agent: AgentRecord
) -> None:
    response = delete(api_client, agent)
    assert (response.status_code, response.content) == (204, b"")
    assert left() == {}


def test_another_agent_keeps_everything(api_client: APIClient, agent: AgentRecord) -> None:
    before = left()
    assert delete(api_client, builds.agent_at_provider(agent.owner)).status_code == 204
    assert left() == before


def test_the_second_time_it_is_not_there(api_client: APIClient, agent: AgentRecord) -> None:
    delete(api_client, agent)
    assert error(delete(api_client, agent), 404)[1] == "not_found"


def test_a_large_agent_is_gone_at_once_and_removed_later(
    api_client: APIClient, agent: AgentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "SMALL", 1)
    response = delete(api_client, agent)
    assert response.status_code == 202
    assert response.json() == {"agent_id": str(agent.pk), "status": "deleting"}
    assert left()["Chunk"] == left()["LocalPassage"] == 2
    assert results(api_client.get("/agents")) == []
    for path in ("", "/pages", "/search?q=lighthouse"):
        assert error(api_client.get(f"/agents/{agent.pk}{path}"), 404)[1] == "not_found"
    retention.clean_up()
    assert left() == {}


def test_pages_that_take_too_long_go_later(
    api_client: APIClient, agent: AgentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "PATIENCE", 0.0)
    assert delete(api_client, agent).status_code == 202
    assert (left()["Page"], LocalAgent.objects.exists()) == (2, False)
    retention.clean_up()
    assert left() == {}


def test_it_is_gone_although_its_provider_is_away_and_removed_there_later(
    api_client: APIClient, agent: AgentRecord, away: Any, settings: Any
) -> None:
    assert delete(api_client, agent).status_code == 202
    assert results(api_client.get("/agents")) == []
    retention.clean_up()
    assert left()["LocalPassage"] == left()["Page"] == 2
    settings.AGENTFORGE_PROVIDERS = away
    retention.clean_up()
    assert LocalAgent.objects.exists()  # It is asked again after a while, not all the time.
    let_pass(removal.AGAIN_AFTER)
    retention.clean_up()
    assert left() == {}


def test_a_provider_that_is_no_longer_installed_is_waited_for(
    api_client: APIClient, agent: AgentRecord, caplog: pytest.LogCaptureFixture
) -> None:
    AgentRecord.objects.update(provider="closed-down")
    assert delete(api_client, agent).status_code == 202
    let_pass(timedelta(0))
    retention.clean_up()
    assert AgentRecord.objects.get().status == AgentStatus.DELETING
    assert "closed-down" in caplog.text
    AgentRecord.objects.update(provider="local")
    let_pass(timedelta(0))
    retention.clean_up()
    assert left() == {}


def test_an_error_that_a_provider_does_not_foresee_holds_nothing_up(
    api_client: APIClient, agent: AgentRecord, settings: Any
) -> None:
    # A new object: what is changed in place is not put back.
    settings.AGENTFORGE_PROVIDERS = settings.AGENTFORGE_PROVIDERS | {"broken": f"{__name__}.Broken"}
    AgentRecord.objects.update(provider="broken")
    assert delete(api_client, agent).status_code == 202
    due_at = AgentRecord.objects.get().removal_due_at
    assert due_at
    assert due_at > timezone.now()


def test_it_goes_whatever_is_kept_for_ever(
    api_client: APIClient, agent: AgentRecord, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AGENTFORGE_KEEP_DRAFTS_DAYS = 0
    monkeypatch.setattr(removal, "SMALL", 1)
    delete(api_client, agent)
    assert retention.clean_up()["deleted agents"] == 1


def test_what_the_provider_has_under_another_id_goes_too(
    api_client: APIClient, agent: AgentRecord
) -> None:
    AgentRecord.objects.update(provider_agent_id="")
    assert delete(api_client, agent).status_code == 204
    assert left() == {}


def test_many_passages_go_in_several_transactions(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "DELETED_AT_ONCE", 1)
    kept = builds.agent_at_provider(user)
    LocalProvider().delete(builds.agent_at_provider(user).provider_agent_id)
    assert LocalAgent.objects.get().reference == kept.pk
    assert LocalPassage.objects.count() == 2


def test_its_build_stays_in_the_history(api_client: APIClient, user: User) -> None:
    task = builds.finished(user)
    assert delete(api_client, task.agent).status_code == 204
    shown = api_client.get(f"/tasks/{task.pk}").json()
    assert UUID(shown["agent_id"]) == task.agent_id
    assert shown["state"] == "SUCCESS"


@pytest.mark.parametrize("state", ["scraping", "failed", "cancelled"])
def test_an_agent_whose_build_may_go_on_is_not_there(
    api_client: APIClient, user: User, state: str
) -> None:
    task = getattr(builds, state)(user)
    draft = builds.ready_agent(user, build_task=task)
    assert error(delete(api_client, draft), 404)[1] == "not_found"
    assert AgentRecord.objects.get().status == AgentStatus.READY


def test_somebody_elses_agent_stays(
    stranger_client: APIClient, staff_client: APIClient, agent: AgentRecord
) -> None:
    assert error(delete(stranger_client, agent), 404)[1] == "not_found"
    assert left()["AgentRecord"] == 1
    assert delete(staff_client, agent).status_code == 204


def test_a_user_goes_only_after_their_agents(agent: AgentRecord) -> None:
    with pytest.raises(ProtectedError):
        agent.owner.delete()


def test_the_log_says_who_deleted_it(
    api_client: APIClient, agent: AgentRecord, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "agents.removal"):
        delete(api_client, agent)
    assert caplog.messages == [f"user deleted the agent {agent.pk}."]
