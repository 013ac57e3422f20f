"""`GET /agents`, `/agents/{id}`, `/pages`, `/search` and `POST /agents/{id}/ask`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from agents.models import AgentRecord, AgentStatus, Chunk, Page, PageContent
from agents.providers.base import AgentSpec, KnowledgeItem
from agents.providers.local import LocalProvider
from tests.api.answers import error, results
from tests.dashboard import builds

pytestmark = pytest.mark.django_db

VACUUM = (
    "VACUUM reclaims storage occupied by dead tuples. "
    "In normal operation, tuples that are deleted are not physically removed from their table."
)
DUMP = "pg_dump is a utility for backing up a database. It makes consistent backups."
BASE = "https://docs.example.com"


@pytest.fixture
def agent(user: User) -> AgentRecord:
    """A ready agent with two passages at the local provider."""
    record = builds.ready_agent(
        user,
        name="Handbook",
        description="All about databases.",
        system_prompt="You answer from the handbook.",
        starter_questions=["What does VACUUM do?"],
        source={"urls": [f"{BASE}/"], "max_pages": 5},
        page_count=2,
        chunk_count=2,
        token_count=40,
    )
    provider = LocalProvider()
    spec = AgentSpec(record.pk, record.name, record.description, record.system_prompt)
    record.provider_agent_id = provider.create(spec)
    record.save()
    provider.upload(
        record.provider_agent_id,
        [
            KnowledgeItem(1, f"{BASE}/vacuum", "Maintenance", ["Upkeep", "VACUUM"], VACUUM),
            KnowledgeItem(2, f"{BASE}/dump", "Backups", ["Backups"], DUMP),
        ],
    )
    return record


def test_an_agent_has_every_field_of_the_contract(
    api_client: APIClient, agent: AgentRecord
) -> None:
    shown = api_client.get(f"/agents/{agent.pk}").json()
    assert shown["created_at"]
    assert shown["updated_at"]
    assert {name: shown[name] for name in shown if not name.endswith("_at")} == {
        "agent_id": str(agent.pk),
        "task_id": None,
        "name": "Handbook",
        "description": "All about databases.",
        "system_prompt": "You answer from the handbook.",
        "starter_questions": ["What does VACUUM do?"],
        "provider": "local",
        "provider_agent_id": agent.provider_agent_id,
        "page_count": 2,
        "chunk_count": 2,
        "token_count": 40,
        "source": {"urls": [f"{BASE}/"], "max_pages": 5},
        "version": 1,
        "refresh_task_id": None,
    }


def test_an_agent_names_the_task_that_built_it(api_client: APIClient, user: User) -> None:
    task = builds.finished(user)
    assert api_client.get(f"/agents/{task.agent_id}").json()["task_id"] == str(task.pk)


def test_the_newest_agent_comes_first_and_pages_are_linked(
    api_client: APIClient, user: User
) -> None:
    for n in range(3):
        builds.ready_agent(user, name=f"Agent {n}")
    first = api_client.get("/agents?limit=2")
    second = api_client.get(first.json()["next"])
    names = [agent["name"] for page in (first, second) for agent in results(page)]
    assert names == ["Agent 2", "Agent 1", "Agent 0"]
    assert second.json()["next"] is None


def test_an_agent_that_is_being_built_is_not_there_yet(api_client: APIClient, user: User) -> None:
    unfinished = builds.ready_agent(user, status=AgentStatus.BUILDING)
    assert results(api_client.get("/agents")) == []
    assert error(api_client.get(f"/agents/{unfinished.pk}"), 404)[1] == "not_found"


def test_the_pages_are_listed_in_the_order_they_were_found(
    api_client: APIClient, agent: AgentRecord
) -> None:
    Page.objects.create(
        agent=agent,
        url=f"{BASE}/gone",
        position=1,
        depth=1,
        status="failed",
        reason_code="http_404",
        reason="The server says that there is no such page.",
        http_status=404,
    )
    Page.objects.create(agent=agent, url=f"{BASE}/", position=0, status="extracted", bytes=512)
    first, second = results(api_client.get(f"/agents/{agent.pk}/pages"))
    assert (first["url"], first["status"], first["bytes"]) == (f"{BASE}/", "extracted", 512)
    assert (second["status"], second["reason_code"]) == ("failed", "http_404")
    assert (second["http_status"], second["depth"]) == (404, 1)
    assert second["reason"]


def test_a_page_says_how_many_chunks_it_gave_and_what_stands_in_its_place(
    api_client: APIClient, agent: AgentRecord
) -> None:
    kept = Page.objects.create(agent=agent, url=f"{BASE}/a", position=0, status="extracted")
    Page.objects.create(
        agent=agent, url=f"{BASE}/b", position=1, status="duplicate", duplicate_of=kept
    )
    for position in range(3):
        Chunk.objects.create(agent=agent, page=kept, position=position, text="x", token_count=1)
    first, second = results(api_client.get(f"/agents/{agent.pk}/pages"))
    assert (first["chunks"], first["duplicate_of"]) == (3, None)
    assert (second["chunks"], second["duplicate_of"]) == (0, f"{BASE}/a")


def test_pages_are_filtered_by_status(api_client: APIClient, agent: AgentRecord) -> None:
    for position, status in enumerate(["extracted", "failed", "skipped", "failed"]):
        Page.objects.create(agent=agent, url=f"{BASE}/{position}", position=position, status=status)
    address = f"/agents/{agent.pk}/pages"
    failed = results(api_client.get(f"{address}?status=failed"))
    assert [page["url"] for page in failed] == [f"{BASE}/1", f"{BASE}/3"]
    assert error(api_client.get(f"{address}?status=lost"), 400)[0] == "status"


def test_a_page_shows_what_was_extracted_from_it(api_client: APIClient, agent: AgentRecord) -> None:
    page = Page.objects.create(
        agent=agent,
        url=f"{BASE}/a",
        position=0,
        status="extracted",
        description="How to keep a floor.",
        language="en",
        published=date(2024, 2, 29),
    )
    PageContent.objects.create(page=page, markdown="# Floors")
    chunks = [
        Chunk.objects.create(
            agent=agent, page=page, position=n, heading_path=["A"], text="x", token_count=1
        )
        for n in range(2)
    ]
    listed = results(api_client.get(f"/agents/{agent.pk}/pages"))[0]
    shown = api_client.get(f"/agents/{agent.pk}/pages/{listed['page_id']}").json()
    assert {name: shown[name] for name in listed} == listed
    assert (shown["published"], shown["markdown"]) == ("2024-02-29", "# Floors")
    assert shown["description"] == "How to keep a floor."
    assert shown["passages"] == [
        {"chunk_id": chunk.pk, "position": n, "heading_path": ["A"], "token_count": 1, "text": "x"}
        for n, chunk in enumerate(chunks)
    ]


def test_a_page_that_was_never_read_has_no_passages(
    api_client: APIClient, agent: AgentRecord
) -> None:
    page = Page.objects.create(agent=agent, url=f"{BASE}/a", position=0, status="failed")
    shown = api_client.get(f"/agents/{agent.pk}/pages/{page.pk}").json()
    assert (shown["markdown"], shown["passages"], shown["published"]) == ("", [], None)


def test_a_page_of_another_agent_is_not_there(
    api_client: APIClient, agent: AgentRecord, staff: User
) -> None:
    other = builds.ready_agent(staff)
    page = Page.objects.create(agent=other, url=f"{BASE}/a", position=0)
    for address in (f"/agents/{agent.pk}/pages/{page.pk}", f"/agents/{other.pk}/pages/{page.pk}"):
        assert error(api_client.get(address), 404)[1] == "not_found"


def test_a_list_of_pages_takes_the_same_queries_however_many_there_are(
    api_client: APIClient, agent: AgentRecord, django_assert_max_num_queries: Any
) -> None:
    Page.objects.bulk_create(Page(agent=agent, url=f"{BASE}/{n}", position=n) for n in range(40))
    with django_assert_max_num_queries(6):
        assert len(results(api_client.get(f"/agents/{agent.pk}/pages"))) == 40


def test_many_pages_come_by_cursor(api_client: APIClient, agent: AgentRecord) -> None:
    Page.objects.bulk_create(Page(agent=agent, url=f"{BASE}/{n}", position=n) for n in range(5))
    urls, address = [], f"/agents/{agent.pk}/pages?limit=2"
    while address:
        response = api_client.get(address)
        urls += [page["url"] for page in results(response)]
        address = response.json()["next"]
    assert urls == [f"{BASE}/{n}" for n in range(5)]


def test_a_cursor_of_another_list_is_refused(api_client: APIClient, agent: AgentRecord) -> None:
    for n in range(2):
        builds.ready_agent(agent.owner, name=f"Agent {n}")
    cursor = api_client.get("/agents?limit=1").json()["next"].partition("cursor=")[2]
    response = api_client.get(f"/agents/{agent.pk}/pages?cursor={cursor}")
    assert error(response, 400)[0] == "cursor"


def search(client: APIClient, agent: AgentRecord, **query: Any) -> Any:
    return client.get(f"/agents/{agent.pk}/search", query)


def test_a_search_gives_passages_with_where_they_stand(
    api_client: APIClient, agent: AgentRecord
) -> None:
    (hit,) = results(search(api_client, agent, q="dead tuples"))
    assert hit.pop("score") > 0
    assert hit == {
        "text": VACUUM,
        "url": f"{BASE}/vacuum",
        "title": "Maintenance",
        "heading_path": ["Upkeep", "VACUUM"],
        "chunk_id": 1,
        "link": f"{BASE}/vacuum#:~:text=VACUUM%20reclaims%20storage%20occupied,"
        "physically%20removed%20from%20their%20table.",
    }


def test_a_search_gives_the_best_first_and_no_more_than_asked_for(
    api_client: APIClient, agent: AgentRecord
) -> None:
    query = "a utility for backups of dead tuples"
    scores = [hit["score"] for hit in results(search(api_client, agent, q=query))]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    assert len(results(search(api_client, agent, q=query, limit=1))) == 1


@pytest.mark.parametrize("text", ['"', "NEAR(", "a AND", "*", "title:", "'; DROP TABLE", "🦊", "?"])
def test_a_search_for_odd_characters_is_a_search(
    api_client: APIClient, agent: AgentRecord, text: str
) -> None:
    assert search(api_client, agent, q=text).status_code == 200
    found = results(search(api_client, agent, q=f"{text} reclaims"))
    assert found[0]["chunk_id"] == 1


@pytest.mark.parametrize(
    ("query", "attr", "code"),
    [
        ({}, "q", "required"),
        ({"q": ""}, "q", "blank"),
        ({"q": "x\x00"}, "q", "null_characters_not_allowed"),
        ({"q": "x" * 20_001}, "q", "max_length"),
        ({"q": "x", "limit": 0}, "limit", "min_value"),
        ({"q": "x", "limit": 51}, "limit", "max_value"),
        ({"q": "x", "limit": "few"}, "limit", "invalid"),
    ],
)
def test_a_bad_search_is_refused_by_its_field(
    api_client: APIClient, agent: AgentRecord, query: dict[str, Any], attr: str, code: str
) -> None:
    assert error(search(api_client, agent, **query), 400)[:2] == (attr, code)


def ask(client: APIClient, agent: AgentRecord, body: Any) -> Any:
    return client.post(f"/agents/{agent.pk}/ask", body, format="json")


def test_an_answer_cites_the_words_that_hold_it(api_client: APIClient, agent: AgentRecord) -> None:
    answer = ask(api_client, agent, {"question": "What does VACUUM reclaim?"}).json()
    assert "storage" in answer["answer"]
    citation = answer["citations"][0]
    assert citation["quote"] in VACUUM
    assert (citation["url"], citation["title"]) == (f"{BASE}/vacuum", "Maintenance")
    assert (citation["heading_path"], citation["chunk_id"]) == (["Upkeep", "VACUUM"], 1)
    assert citation["link"].startswith(f"{BASE}/vacuum#:~:text=VACUUM%20reclaims%20storage")


def test_what_the_agent_does_not_know_has_no_citation(
    api_client: APIClient, agent: AgentRecord
) -> None:
    answer = ask(api_client, agent, {"question": "Who won the football cup?"}).json()
    assert answer["answer"]
    assert answer["citations"] == []


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({}, "question", "required"),
        ({"question": " "}, "question", "blank"),
        ({"question": []}, "question", "invalid"),
        ({"question": "x" * 20_001}, "question", "max_length"),
        ({"question": "x", "model": "y"}, "model", "unknown_field"),
    ],
)
def test_a_bad_question_is_refused_by_its_field(
    api_client: APIClient, agent: AgentRecord, body: dict[str, Any], attr: str, code: str
) -> None:
    assert error(ask(api_client, agent, body), 400)[:2] == (attr, code)


def test_an_agent_that_its_provider_has_lost_is_the_providers_failure(
    api_client: APIClient, agent: AgentRecord
) -> None:
    api_client.raise_request_exception = False
    LocalProvider().delete(agent.provider_agent_id)
    for response in (search(api_client, agent, q="x"), ask(api_client, agent, {"question": "x"})):
        _, code, sentence = error(response, 502)
        assert code == "provider_failed"
        assert "Build it again" in sentence


def test_a_provider_that_was_taken_away_is_named(
    api_client: APIClient, agent: AgentRecord, settings: Any
) -> None:
    api_client.raise_request_exception = False
    settings.AGENTFORGE_PROVIDERS = {}
    assert "'local'" in error(search(api_client, agent, q="x"), 502)[2]
