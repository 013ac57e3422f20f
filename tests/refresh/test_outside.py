"""A refresh at a platform that keeps no versions: a new agent there takes the old one's place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents import editing, removal
from agents.models import AgentRecord
from agents.spec import spec_of
from agents.undo import LOOKS
from tasks import lifecycle, retention
from tasks.states import State
from tasks.undo import undo
from tests.outside.platform import Platform, failing
from tests.outside.provider import OutsideProvider
from tests.refresh.running import Run, begun, built, changes, refreshed
from tests.refresh.website import Website, chapter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Platform]:
    """A platform of this test's own."""
    with Platform() as platform:
        monkeypatch.setenv("OUTSIDE_URL", platform.root)
        settings.AGENTFORGE_PROVIDERS = {"outside": "tests.outside.provider.OutsideProvider"}
        yield platform


@pytest.fixture
def agent(user: User, website: Website, outside: Platform) -> AgentRecord:
    return built(user, f"{website.root}/", provider="outside")


def texts(platform: Platform, agent: AgentRecord) -> list[str]:
    """All that the agent knows at the platform."""
    items = platform.agents[agent.provider_agent_id].items
    return sorted(item["text"] for item in items.values())


def cancelled(run: Run, step: str) -> None:
    """Cancel the refresh in that step, and clean up after it."""
    run.up_to(step)
    claim = run.claim(step)
    lifecycle.cancel(run.task.pk, by=run.task.owner)
    lifecycle.cancelled(claim)


def test_the_next_version_is_a_new_agent_and_the_old_one_goes(
    website: Website, agent: AgentRecord, outside: Platform
) -> None:
    old = agent.provider_agent_id
    website.change("/chapter4", chapter(4, "grade nine hundred"))
    del website.pages["/chapter5"]
    assert changes(refreshed(agent)) == (0, 1, 6, 1, 1)
    assert agent.provider_agent_id != old
    known = texts(outside, agent)
    assert len(known) == agent.chunk_count == 7
    assert sum("nine hundred" in text for text in known) == 1
    assert set(outside.agents) == {old, agent.provider_agent_id}
    retention.clean_up()
    assert set(outside.agents) == {agent.provider_agent_id}
    assert changes(refreshed(agent)) == (0, 0, 7, 0, 0)
    retention.clean_up()
    assert set(outside.agents) == {agent.provider_agent_id}


def test_a_refresh_that_fails_leaves_the_old_agent_alone(
    website: Website, agent: AgentRecord, outside: Platform
) -> None:
    old, known = agent.provider_agent_id, texts(outside, agent)
    website.change("/chapter4", chapter(4, "grade nine hundred"))
    outside.before("POST items", failing)
    assert begun(agent).to_the_end().state == State.FAILED
    agent.refresh_from_db()
    assert (agent.provider_agent_id, agent.version) == (old, 1)
    assert texts(outside, agent) == known
    refreshed(agent)
    retention.clean_up()
    assert set(outside.agents) == {agent.provider_agent_id}, "what the first has begun is gone, too"


@pytest.mark.parametrize("step", ["upload", "publish"])
def test_a_refresh_that_is_cancelled_leaves_only_the_old_agent(
    website: Website, agent: AgentRecord, outside: Platform, step: str
) -> None:
    old, known = agent.provider_agent_id, texts(outside, agent)
    website.change("/chapter4", chapter(4, "grade nine hundred"))
    run = begun(agent)
    cancelled(run, step)
    if step == "upload":
        # A request to make the agent was cut off, and arrives late.
        draft = AgentRecord.objects.get(refreshes=agent)
        OutsideProvider().create(spec_of(draft))
    for _ in range(LOOKS):
        undo(str(run.task.pk))
    run.task.refresh_from_db()
    assert run.task.undo_due_at is None
    agent.refresh_from_db()
    assert (set(outside.agents), agent.provider_agent_id) == ({old}, old)
    assert texts(outside, agent) == known
    lifecycle.retry(run.task.pk, by=agent.owner)
    assert run.to_the_end().state == State.SUCCESS


def test_an_edit_during_a_refresh_reaches_the_new_agent(
    website: Website, agent: AgentRecord, outside: Platform
) -> None:
    run = begun(agent)
    run.up_to("publish")
    editing.edit(agent.pk, {"name": "Lathe"}, by=agent.owner)
    assert run.to_the_end().state == State.SUCCESS
    agent.refresh_from_db()
    assert outside.agents[agent.provider_agent_id].name == "Lathe"


def test_of_an_agent_that_is_deleted_during_its_refresh_nothing_is_left(
    agent: AgentRecord, outside: Platform
) -> None:
    run = begun(agent)
    run.up_to("publish")
    assert len(outside.agents) == 2
    removal.delete(agent.pk, by=agent.owner)
    assert removal.remove(agent.pk)
    undo(str(run.task.pk))
    assert not outside.agents
