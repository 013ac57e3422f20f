"""A cancelled build leaves nothing at the provider, and a retry builds it anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from agents.models import AgentStatus
from agents.providers.base import AgentSpec, ProviderError
from agents.providers.local import LocalProvider
from agents.providers.local.models import LocalAgent, LocalPassage
from agents.undo import LOOKS
from tasks import lifecycle
from tasks.models import TaskState
from tasks.states import State
from tasks.undo import undo
from tests.knowledge.building import Build, html
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

PAGES = {
    "/": html("Lathe Manual", "Lathe is a small tool that turns recipes into packages."),
    "/recipes": html("Recipes", "A recipe describes one package. It has a name."),
}


@pytest.fixture
def build(user: User) -> Build:
    """A build whose next step is `create`."""
    build = Build(user, PAGES)
    build.execute_until("describe")
    return build


class Unreachable(LocalProvider):
    """A platform that is down just when it should delete."""

    def delete(self, provider_agent_id: str) -> None:
        raise ProviderError("The platform is down.", permanent=False)


class Forgetful(LocalProvider):
    """A platform that does what it is asked to, and whose answer is lost on the way."""

    def create(self, spec: AgentSpec) -> str:
        super().create(spec)
        raise ProviderError("No answer.", permanent=False)


class Blind(LocalProvider):
    """A platform whose search does not see its newest agents yet."""

    def find(self, reference: UUID) -> str | None:
        return None


class Slow(LocalProvider):
    """A platform that is so slow to delete that somebody else has taken over meanwhile."""

    def delete(self, provider_agent_id: str) -> None:
        super().delete(provider_agent_id)
        hand_lease_to(ELSEWHERE, TaskState.objects.get())


def cancel(build: Build) -> None:
    lifecycle.cancel(build.task.pk, by="somebody")
    build.task.refresh_from_db()
    assert build.task.state == State.CANCELLED


def clean_up(build: Build) -> TaskState:
    undo(str(build.task.pk))
    build.task.refresh_from_db()
    build.agent.refresh_from_db()
    return build.task


def at_provider() -> tuple[int, int]:
    """How many agents and passages the provider has."""
    return LocalAgent.objects.count(), LocalPassage.objects.count()


@pytest.mark.parametrize("last", ["create", "upload", "finalize"])
def test_what_was_made_at_the_provider_is_removed(build: Build, last: str) -> None:
    build.execute("create")
    if last == "finalize":
        build.execute("upload")
    if last != "create":
        build.attempt(last)
    assert at_provider()[0] == 1
    cancel(build)
    clean_up(build)
    assert at_provider() == (0, 0)
    assert (build.agent.provider_agent_id, build.agent.status) == ("", AgentStatus.BUILDING)


def test_an_agent_whose_id_never_reached_us_is_found_by_ours(build: Build, settings: Any) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Forgetful"}
    with pytest.raises(Exception, match="No answer"):
        build.attempt("create")
    assert at_provider() == (1, 0)
    cancel(build)
    clean_up(build)
    assert at_provider() == (0, 0)


def test_an_agent_that_the_platform_does_not_find_yet_is_removed_by_its_stored_id(
    build: Build, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Blind"}
    build.execute("create")
    cancel(build)
    clean_up(build)
    assert at_provider() == (0, 0)


def test_whoever_was_overtaken_at_the_clean_up_writes_nothing(build: Build, settings: Any) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Slow"}
    build.execute("create")
    cancel(build)
    task = clean_up(build)
    assert (build.agent.provider_agent_id != "", task.undo_pending) == (True, True)
    assert task.lease_holder == ELSEWHERE


def test_a_create_that_arrives_late_is_still_removed(build: Build) -> None:
    build.attempt("create")
    cancel(build)
    task = clean_up(build)
    assert (at_provider(), task.undo_pending) == ((0, 0), True)
    LocalAgent.objects.create(reference=build.agent.pk, name="late")
    for _ in range(LOOKS - 1):
        task = clean_up(build)
    assert (at_provider(), task.undo_pending) == ((0, 0), False)


def test_a_provider_that_is_down_is_asked_again(build: Build, settings: Any) -> None:
    build.execute("create")
    build.attempt("upload")
    cancel(build)
    local = settings.AGENTFORGE_PROVIDERS
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Unreachable"}
    task = clean_up(build)
    assert (task.details, task.undo_due_at is None) == ("Cancelled. The platform is down.", False)
    settings.AGENTFORGE_PROVIDERS = local
    assert clean_up(build).undo_due_at is None
    assert at_provider() == (0, 0)


@pytest.mark.parametrize("is_cleaned_up", [True, False])
def test_a_retry_makes_anew_what_was_removed(build: Build, is_cleaned_up: bool) -> None:
    build.execute("create")
    build.attempt("upload")
    cancel(build)
    if is_cleaned_up:
        clean_up(build)
    lifecycle.retry(build.task.pk, by="somebody")
    for step in ("create", "upload", "finalize"):
        build.execute(step)
    build.task.refresh_from_db()
    assert build.task.state == State.SUCCESS
    assert at_provider() == (1, 2)
    undo(str(build.task.pk))
    assert at_provider() == (1, 2)


def test_a_build_that_was_cancelled_before_it_came_to_the_provider_asks_it_nothing(
    user: User, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": "no.such.Provider"}
    build = Build(user, PAGES)
    cancel(build)
    assert clean_up(build).undo_due_at is None


def test_the_local_provider_finds_an_agent_by_its_reference(build: Build) -> None:
    assert LocalProvider().find(build.agent.pk) is None
    build.execute("create")
    found = LocalProvider().find(build.agent.pk)
    build.agent.refresh_from_db()
    assert found == build.agent.provider_agent_id
    assert UUID(found or "") == LocalAgent.objects.get().pk
