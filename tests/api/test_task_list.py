"""`GET /tasks`: filters, order and pages."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks import search
from tasks.models import TaskState
from tests.api.answers import error, results
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


def ids(response: Any) -> list[str]:
    return [row["task_id"] for row in results(response)]


def listed(client: APIClient, **query: Any) -> list[str]:
    return ids(client.get("/tasks", query))


def spread(tasks: list[TaskState]) -> None:
    """Let the tasks have been created, and have ended, a minute after one another."""
    for minutes, task in enumerate(tasks):
        task.created_at += timedelta(minutes=minutes)
        if task.finished_at:
            task.finished_at -= timedelta(minutes=minutes)
        task.save()


def test_the_newest_task_comes_first(api_client: APIClient, user: User) -> None:
    tasks = [builds.queued(user, f"Agent {n}") for n in range(3)]
    rows = results(api_client.get("/tasks"))
    assert [row["subject"] for row in rows] == ["Agent 2", "Agent 1", "Agent 0"]
    whole = api_client.get(f"/tasks/{tasks[2].pk}").json()
    # Why a task waits is found out for one at a time.
    assert rows[0] == {**whole, "waiting_for": None}


def test_a_filter_by_state(api_client: APIClient, user: User) -> None:
    waiting, broken = builds.queued(user), builds.failed(user)
    assert listed(api_client, state="QUEUED") == [str(waiting.pk)]
    assert listed(api_client, state="FAILED") == [str(broken.pk)]
    assert listed(api_client, state="SUCCESS") == []


def test_a_filter_by_workflow(api_client: APIClient, user: User) -> None:
    task = builds.queued(user)
    assert listed(api_client, workflow="build-agent") == [str(task.pk)]
    assert listed(api_client, workflow="another") == []


def test_a_filter_by_agent(api_client: APIClient, user: User) -> None:
    task, _ = builds.finished(user), builds.finished(user)
    assert listed(api_client, agent_id=task.agent_id) == [str(task.pk)]
    assert listed(api_client, agent_id=task.pk) == []


def test_a_search_finds_ids_subjects_and_errors(api_client: APIClient, user: User) -> None:
    named, broken = builds.queued(user, "Handbook"), builds.failed(user, "No page was there.")
    assert listed(api_client, q="handb") == [str(named.pk)]
    assert listed(api_client, q="page was") == [str(broken.pk)]
    assert listed(api_client, q=str(named.pk)) == [str(named.pk)]
    assert listed(api_client, q="100%") == []


def test_only_tasks_created_after_a_time(api_client: APIClient, user: User) -> None:
    old, new = builds.queued(user), builds.queued(user)
    spread([old, new])
    assert listed(api_client, created_after=old.created_at.isoformat()) == [str(new.pk)]
    assert listed(api_client, created_after=new.created_at.isoformat()) == []


def test_filters_narrow_one_another(api_client: APIClient, user: User) -> None:
    builds.queued(user, "Handbook")
    broken = builds.failed(user, name="Handbook")
    assert listed(api_client, q="Handbook", state="FAILED") == [str(broken.pk)]


@pytest.mark.parametrize("field", ["created_at", "finished_at"])
def test_the_order_may_be_chosen(api_client: APIClient, user: User, field: str) -> None:
    tasks = [builds.failed(user) for _ in range(3)]
    spread(tasks)
    tasks.sort(key=lambda task: getattr(task, field))
    ascending = [str(task.pk) for task in tasks]
    assert listed(api_client, ordering=field) == ascending
    assert listed(api_client, ordering=f"-{field}") == ascending[::-1]


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ({"state": "running"}, "state"),
        ({"agent_id": "5"}, "agent_id"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"ordering": "percent"}, "ordering"),
        ({"q": "x" * 201}, "q"),
        ({"q": "\x00"}, "q"),
        ({"cursor": base64.b64encode(b"p=yesterday").decode()}, "cursor"),
        ({"cursor": base64.b64encode(b"o=x").decode()}, "cursor"),
        ({"cursor": "x"}, "cursor"),
        ({"workflow": ""}, "workflow"),
        ({"agent_id": ""}, "agent_id"),
        ({"state": ""}, "state"),
        ({"cursor": "ü"}, "cursor"),
        *(
            ({"q": "handbook", "cursor": base64.b64encode(cursor).decode()}, "cursor")
            for cursor in (b"p=yesterday", b"o=5&p=5", b"r=1", b"p=-1", b"p=9223372036854775807")
        ),
        ({"q": "handbook", "cursor": "x"}, "cursor"),
        ({"q": "handbook", "ordering": "finished_at"}, "ordering"),
        ({"q": "handbook", "ordering": "-finished_at"}, "ordering"),
        ({"q": "handbook", "limit": "0"}, "limit"),
    ],
)
def test_a_bad_query_is_refused_by_its_field(
    api_client: APIClient, query: dict[str, str], attr: str
) -> None:
    assert error(api_client.get("/tasks", query), 400)[0] == attr


def test_an_unknown_state_is_told_those_that_there_are(api_client: APIClient) -> None:
    assert "QUEUED, RUNNING, SUCCESS" in error(api_client.get("/tasks?state=DONE"), 400)[2]


def follow(client: APIClient, url: str | None, direction: str = "next") -> list[list[str]]:
    """The pages of a list from `url` on, in that direction."""
    pages = []
    while url:
        response = client.get(url)
        pages.append(ids(response))
        url = response.json()[direction]
    return pages


@pytest.mark.parametrize("ordering", ["-created_at", "created_at", "finished_at", "-finished_at"])
def test_every_task_is_on_exactly_one_page(
    api_client: APIClient, user: User, ordering: str
) -> None:
    for _ in range(5):
        builds.failed(user)
    # Even tasks that were made and that ended in the same moment are told apart.
    moment = TaskState.objects.latest("created_at").created_at
    TaskState.objects.update(created_at=moment, finished_at=moment)
    pages = follow(api_client, f"/tasks?limit=2&ordering={ordering}")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({task_id for page in pages for task_id in page}) == 5


@pytest.mark.parametrize("ordering", ["-created_at", "created_at"])
@pytest.mark.parametrize("hits", [1, 2, 200])
def test_every_task_that_a_search_finds_is_on_exactly_one_page(
    api_client: APIClient, user: User, ordering: str, hits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "HITS", hits)
    monkeypatch.setattr(search, "FEW", 0)
    expected = []
    for _ in range(3):
        builds.queued(user, "Handbook")
        expected.append(str(builds.failed(user, name="Handbook").pk))
    pages = follow(api_client, f"/tasks?q=handbook&state=FAILED&limit=2&ordering={ordering}")
    found = [task_id for page in pages for task_id in page]
    assert found == (expected if ordering == "created_at" else expected[::-1])


@pytest.mark.parametrize("ordering", ["-created_at", "created_at"])
def test_the_way_back_through_a_search_shows_the_same_tasks(
    api_client: APIClient, user: User, ordering: str
) -> None:
    for _ in range(5):
        builds.queued(user, "Handbook")
    first = f"/tasks?q=handbook&limit=2&ordering={ordering}"
    forth = follow(api_client, first)
    last = api_client.get(api_client.get(api_client.get(first).json()["next"]).json()["next"])
    back = follow(api_client, last.json()["previous"], "previous")
    assert [ids(last), *back] == forth[::-1]
    again = api_client.get(api_client.get(last.json()["previous"]).json()["next"])
    assert ids(again) == ids(last)


def test_a_cursor_of_a_search_is_none_of_the_list(api_client: APIClient, user: User) -> None:
    for _ in range(3):
        builds.queued(user, "Handbook")
    further = api_client.get("/tasks?q=handbook&limit=1").json()["next"]
    assert error(api_client.get(further.replace("q=handbook", "q=")), 400)[0] == "cursor"


def test_a_blank_text_may_be_combined_with_any_order(api_client: APIClient, user: User) -> None:
    task = builds.failed(user)
    assert listed(api_client, q="", ordering="finished_at") == [str(task.pk)]


def test_the_way_back_shows_the_same_pages(api_client: APIClient, user: User) -> None:
    spread([builds.queued(user) for _ in range(5)])
    forth = follow(api_client, "/tasks?limit=2")
    last = api_client.get(
        api_client.get(api_client.get("/tasks?limit=2").json()["next"]).json()["next"]
    )
    assert [ids(last), *follow(api_client, last.json()["previous"], "previous")] == forth[::-1]


def test_a_page_stays_right_while_tasks_are_added(api_client: APIClient, user: User) -> None:
    tasks = [builds.queued(user) for _ in range(4)]
    first = api_client.get("/tasks?limit=2").json()
    builds.queued(user)
    assert ids(api_client.get(first["next"])) == [str(tasks[1].pk), str(tasks[0].pk)]


def test_by_the_time_of_the_end_only_finished_tasks_are_listed(
    api_client: APIClient, user: User
) -> None:
    ended = [builds.failed(user), builds.cancelled(user)]
    for _ in range(2):
        builds.queued(user)
    pages = follow(api_client, "/tasks?limit=1&ordering=finished_at")
    assert pages == [[str(task.pk)] for task in ended]


def test_next_keeps_the_filters(api_client: APIClient, user: User) -> None:
    for _ in range(3):
        builds.queued(user)
        builds.failed(user)
    first = api_client.get("/tasks", {"state": "FAILED", "limit": "2", "q": "docs.example.com"})
    assert f"q={quote('docs.example.com')}" in first.json()["next"]
    assert [row["state"] for row in results(api_client.get(first.json()["next"]))] == ["FAILED"]


def test_a_page_has_at_most_two_hundred_rows(api_client: APIClient, user: User) -> None:
    TaskState.objects.bulk_create(TaskState(workflow="w", owner=user) for _ in range(201))
    assert len(listed(api_client, limit=200)) == 200
    assert len(listed(api_client)) == 50


@pytest.mark.parametrize("limit", ["0", "-1", "201", "many"])
@pytest.mark.parametrize("address", ["/tasks", "/agents"])
def test_a_limit_that_is_not_allowed_is_refused(
    api_client: APIClient, address: str, limit: str
) -> None:
    assert error(api_client.get(address, {"limit": limit}), 400)[0] == "limit"


def test_a_page_costs_the_same_number_of_queries_whatever_its_length(
    api_client: APIClient, user: User, django_assert_num_queries: Any
) -> None:
    for _ in range(10):
        builds.queued(user)
    api_client.get("/tasks")  # the first use of the token is noted, which costs a query
    with django_assert_num_queries(3):
        api_client.get("/tasks?limit=1")
    with django_assert_num_queries(3):
        api_client.get("/tasks?limit=10")
    with django_assert_num_queries(8):
        api_client.get("/tasks?q=docs&limit=1")
    with django_assert_num_queries(8):
        api_client.get("/tasks?q=docs&limit=10")
