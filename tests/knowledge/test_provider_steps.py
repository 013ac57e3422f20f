"""The steps from describe to finalize: an agent that can be asked, whatever is repeated."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents.models import AgentRecord
from agents.providers.base import AgentSpec, KnowledgeItem, ProviderError
from agents.providers.local import LocalProvider
from agents.providers.local.models import LocalAgent, LocalPassage
from agents.steps.create import create
from agents.steps.upload import batches
from tasks import lifecycle
from tasks.context import StepContext
from tasks.errors import LeaseLost, PermanentError, StepError, TransientError
from tasks.interrupt import Interrupt
from tests.knowledge.building import Build, html
from tests.tasks.workers import ELSEWHERE, hand_lease_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]

PAGES = {
    "/": html("Lathe Manual", "Lathe is a small tool that turns recipes into packages."),
    "/recipes": html("Recipes", "A recipe describes one package. It has a name."),
}


class Failing(LocalProvider):
    """An outside platform that answers with an error."""

    permanent = False

    def create(self, spec: AgentSpec) -> str:
        raise ProviderError("The platform is down.", permanent=self.permanent)


class Refusing(Failing):
    permanent = True


class Uncountable(LocalProvider):
    """A platform that fails just after it has made an agent."""

    def count(self, provider_agent_id: str) -> int:
        raise ProviderError("The platform is down.", permanent=False)


class Counting(LocalProvider):
    """A platform that notes what it is sent."""

    uploads: list[int] = []

    def upload(self, provider_agent_id: str, items: Sequence[KnowledgeItem]) -> None:
        self.uploads.extend(item.chunk_id for item in items)
        super().upload(provider_agent_id, items)


def many(count: int) -> dict[str, str]:
    return {f"/{n}": html(f"Page {n}", f"Text number {n} of all.") for n in range(count)}


def test_a_finished_build_is_an_agent_that_can_be_asked(user: User) -> None:
    build = Build(user, PAGES)
    result = build.execute_until("finalize")
    agent = build.agent
    assert result == {
        "agent_id": str(agent.pk),
        "name": "Lathe Manual",
        "pages": 2,
        "chunks": 2,
        "tokens": agent.token_count,
        "provider": "local",
        "provider_agent_id": agent.provider_agent_id,
    }
    assert (agent.status, agent.page_count, agent.chunk_count) == ("ready", 2, 2)
    answer = LocalProvider().ask(agent.provider_agent_id, "What is a recipe?")
    assert answer.citations[0].quote == "A recipe describes one package."
    assert answer.citations[0].url == "https://docs.example/recipes"


def test_the_description_is_written_into_the_record(user: User) -> None:
    build = Build(user, PAGES)
    build.execute_until("describe")
    agent = build.agent
    assert agent.description.startswith("Lathe is a small tool")
    assert 'You are "Lathe Manual"' in agent.system_prompt
    assert agent.starter_questions


def test_a_name_that_was_given_stays(user: User) -> None:
    build = Build(user, PAGES, name="Helper")
    build.execute_until("describe")
    assert build.agent.name == "Helper"


def test_creating_again_finds_the_first(user: User) -> None:
    build = Build(user, PAGES)
    build.execute_until("describe")
    assert build.attempt("create") == build.execute("create")
    assert LocalAgent.objects.count() == 1


def test_knowledge_of_an_earlier_run_is_removed(user: User) -> None:
    build = Build(user, PAGES)
    build.execute_until("describe")
    build.attempt("create")
    build.agent.refresh_from_db()
    left_over = LocalPassage(agent_id=build.agent.provider_agent_id, chunk_id=999_999, text="old")
    left_over.save()
    build.execute("create")
    assert not LocalPassage.objects.exists()


def test_uploading_again_stores_nothing_twice(user: User) -> None:
    build = Build(user, many(120))
    build.execute_until("create")
    assert build.attempt("upload") == {"chunks": 120}
    assert build.execute("upload") == {"chunks": 120}
    assert LocalPassage.objects.count() == 120
    assert "120 of 120 chunks uploaded" in build.messages()


def test_what_an_upload_reads_takes_as_many_queries_for_many_chunks_as_for_few(
    user: User, django_assert_num_queries: Any
) -> None:
    build = Build(user, many(20))
    build.execute_until("create")
    with django_assert_num_queries(3):
        (batch,) = batches(build.agent.chunks.all())
    assert len(batch) == 20


def test_an_upload_that_was_cut_off_is_completed(user: User) -> None:
    build = Build(user, many(230))
    build.execute_until("create")
    build.attempt("upload")
    late = LocalPassage.objects.order_by("-chunk_id").values_list("pk", flat=True)[:75]
    LocalPassage.objects.filter(pk__in=list(late)).delete()
    build.execute("upload")
    assert LocalPassage.objects.count() == 230


def test_missing_chunks_are_tried_again_and_left_over_ones_are_not(user: User) -> None:
    build = Build(user, many(3))
    build.execute_until("upload")
    passage = LocalPassage.objects.first()
    assert passage is not None
    passage.delete()
    with pytest.raises(TransientError, match="has 2 of 3 chunks"):
        build.attempt("finalize")
    for chunk_id in (900_001, 900_002):
        LocalPassage.objects.create(agent=passage.agent, chunk_id=chunk_id, text="extra")
    with pytest.raises(PermanentError, match="4 chunks where 3 were uploaded"):
        build.attempt("finalize")
    assert AgentRecord.objects.get().status == "building"


@pytest.mark.parametrize(
    ("provider", "error"), [("Failing", TransientError), ("Refusing", PermanentError)]
)
def test_a_providers_error_decides_itself_about_a_retry(
    user: User, settings: Any, provider: str, error: type[StepError]
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.{provider}"}
    build = Build(user, PAGES)
    build.execute_until("describe")
    with pytest.raises(error, match="The platform is down"):
        build.execute("create")


def test_the_id_at_the_provider_is_stored_before_it_is_asked_for_more(
    user: User, settings: Any
) -> None:
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Uncountable"}
    build = Build(user, PAGES)
    build.execute_until("describe")
    with pytest.raises(TransientError):
        build.attempt("create")
    build.agent.refresh_from_db()
    assert build.agent.provider_agent_id == str(LocalAgent.objects.get().pk)


def test_whoever_has_lost_the_lease_creates_nothing(user: User) -> None:
    build = Build(user, PAGES)
    build.execute_until("describe")
    claim = lifecycle.claim(build.task.pk, build.task.run, "create", "")
    hand_lease_to(ELSEWHERE, build.task)
    with closing(StepContext(claim, Interrupt())) as ctx, pytest.raises(LeaseLost):
        create(ctx)
    assert not LocalAgent.objects.exists()


def test_what_was_uploaded_is_not_sent_again(
    user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.steps.upload.CHUNKS_AT_ONCE", 1)
    settings.AGENTFORGE_PROVIDERS = {"local": f"{__name__}.Counting"}
    Counting.uploads.clear()
    build = Build(user, many(3))
    build.execute_until("create")
    build.attempt("upload")
    build.execute("upload")
    assert len(Counting.uploads) == len(set(Counting.uploads)) == 3


def test_a_provider_that_was_removed_is_named(user: User, settings: Any) -> None:
    build = Build(user, PAGES)
    build.execute_until("describe")
    settings.AGENTFORGE_PROVIDERS = {"cloud": "x.Y"}
    with pytest.raises(PermanentError, match="no provider 'local'"):
        build.execute("create")


def test_a_record_deleted_meanwhile_ends_the_build(user: User) -> None:
    build = Build(user, PAGES)
    build.agent.delete()
    with pytest.raises(PermanentError, match="deleted while it was being built"):
        build.execute("extract")
