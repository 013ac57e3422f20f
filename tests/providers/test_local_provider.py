"""The local provider keeps agents and their knowledge, whatever is repeated."""

from dataclasses import replace
from uuid import uuid4

import pytest

from agents.providers.base import ProviderError
from agents.providers.local import LocalProvider
from agents.providers.local.models import LocalAgent, LocalPassage
from tests.providers.local_agents import agent_knowing, item, spec

pytestmark = [pytest.mark.django_db, pytest.mark.services]

local = LocalProvider()


def test_creating_twice_gives_the_same_agent() -> None:
    wanted = spec("First")
    assert local.create(wanted) == local.create(wanted)
    assert LocalAgent.objects.get().name == "First"


def test_an_update_changes_the_agent_and_not_what_it_knows() -> None:
    wanted = spec("First")
    agent = local.create(wanted)
    local.upload(agent, [item(7, "words")])
    local.update(agent, replace(wanted, name="Second", starter_questions=("Why?",)))
    row = LocalAgent.objects.get()
    assert (row.name, row.starter_questions, row.description) == (
        "Second",
        ["Why?"],
        wanted.description,
    )
    assert local.count(agent) == 1


def test_an_update_creates_nothing() -> None:
    with pytest.raises(ProviderError) as error:
        local.update(str(uuid4()), spec())
    assert error.value.permanent
    assert not LocalAgent.objects.exists()


def test_agents_with_other_references_are_others() -> None:
    assert local.create(spec()) != local.create(spec())


def test_uploading_twice_stores_once_and_keeps_the_last_text() -> None:
    agent = agent_knowing(item(7, "old words"))
    local.upload(agent, [item(7, "new words"), item(8, "more")])
    assert local.count(agent) == 2
    assert [hit.text for hit in local.search(agent, "words", 5)] == ["new words"]
    assert local.search(agent, "old", 5) == []


def test_two_agents_may_hold_the_same_chunk() -> None:
    one, two = agent_knowing(item(7, "shared")), agent_knowing(item(7, "shared"))
    assert (local.count(one), local.count(two)) == (1, 1)


def test_deleting_removes_the_agent_its_knowledge_and_its_index() -> None:
    agent, other = agent_knowing("vacuum one"), agent_knowing("vacuum two")
    local.delete(agent)
    assert not LocalAgent.objects.filter(id=agent).exists()
    assert LocalPassage.objects.get().text == "vacuum two"
    assert [hit.text for hit in local.search(other, "vacuum", 5)] == ["vacuum two"]


def test_deleting_what_is_not_there_is_no_error() -> None:
    local.delete(str(uuid4()))


@pytest.mark.parametrize(
    "unknown", [str(uuid4()), "nonsense", ""], ids=["gone", "nonsense", "empty"]
)
def test_an_agent_that_is_not_there_is_a_permanent_error(unknown: str) -> None:
    with pytest.raises(ProviderError, match=r"[Bb]uild") as error:
        local.count(unknown)
    assert error.value.permanent


def test_a_hit_carries_everything_that_was_uploaded() -> None:
    agent = agent_knowing(item(7, "Reclaims storage.", "VACUUM", "VACUUM", "Description"))
    (hit,) = local.search(agent, "storage", 5)
    assert (hit.chunk_id, hit.url, hit.title) == (7, "https://docs.example/7", "VACUUM")
    assert hit.heading_path == ["VACUUM", "Description"]
    assert hit.score > 0


def test_an_answer_cites_the_passage_with_its_exact_words() -> None:
    agent = agent_knowing(
        item(7, "`VACUUM` reclaims storage. It takes time.", "VACUUM", "VACUUM"),
        *[item(n, f"Page {n} speaks of other things.", "Other") for n in range(8, 20)],
    )
    answer = local.ask(agent, "What does VACUUM do?")
    assert "`VACUUM` reclaims storage." in answer.answer
    assert answer.citations[0].chunk_id == 7
    assert answer.citations[0].quote == "`VACUUM` reclaims storage."


def test_what_the_knowledge_does_not_hold_is_not_answered() -> None:
    agent = agent_knowing("`VACUUM` reclaims storage.", "Capital letters need quotes.")
    answer = local.ask(agent, "What is the capital of France?")
    assert answer.answer == "I do not know: nothing in my knowledge answers this."
    assert answer.citations == []


def test_an_agent_that_knows_nothing_answers_nothing() -> None:
    assert local.ask(agent_knowing(), "What is it?").citations == []


def test_how_many_passages_an_agent_has_is_kept_until_they_change() -> None:
    agent = agent_knowing("one", "two")
    local = LocalProvider()
    kept = LocalAgent.objects.filter(id=agent).values_list("passage_count", flat=True)
    assert kept.get() is None
    assert (local.count(agent), kept.get()) == (2, 2)
    local.upload(agent, [item(3, "three")])
    assert kept.get() is None
    local.count(agent)
    local.stage(agent, 1, added=[item(4, "four")], removed=[1, 2])
    assert kept.get() == 3
    local.publish(agent, 1)
    assert (kept.get(), local.count(agent)) == (2, 2)
