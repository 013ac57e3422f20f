"""`Idempotency-Key`: the same request once, however often and at how many places it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from tasks import lifecycle
from tasks.models import TaskEvent, TaskState
from tests.api.answers import error
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db

BODY = {"urls": ["https://example.com/"], "name": "Example"}


def build(client: APIClient, key: str | None = None, **body: Any) -> Any:
    headers: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post("/agents", {**BODY, **body}, format="json", **headers)


def test_the_same_key_and_body_give_the_first_task(api_client: APIClient) -> None:
    first, second = build(api_client, "key-1"), build(api_client, "key-1")
    assert (first.status_code, second.status_code) == (202, 200)
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert second.json() == first.json()
    assert TaskState.objects.count() == 1


def test_the_key_may_be_a_field_or_a_header_or_both(api_client: APIClient) -> None:
    first = build(api_client, idempotency_key="key-1").json()["task_id"]
    assert build(api_client, "key-1").json()["task_id"] == first
    assert build(api_client, "key-1", idempotency_key="key-1").json()["task_id"] == first


def test_a_field_and_a_header_that_differ_are_refused(api_client: APIClient) -> None:
    response = build(api_client, "key-1", idempotency_key="key-2")
    assert error(response, 400)[0] == "idempotency_key"
    assert not TaskState.objects.exists()


def test_a_header_that_is_too_long_is_refused(api_client: APIClient) -> None:
    assert error(build(api_client, "k" * 256), 400)[0] == "idempotency_key"
    assert build(api_client, "k" * 255).status_code == 202


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Another"},
        {"max_pages": 7},
        {"priority": "low"},
        {"callback_url": "https://a.example/"},
    ],
)
def test_the_same_key_with_another_body_is_a_conflict(
    api_client: APIClient, other: dict[str, Any]
) -> None:
    build(api_client, "key-1")
    assert error(build(api_client, "key-1", **other), 409)[:2] == (None, "idempotency_conflict")
    assert TaskState.objects.count() == 1


def test_another_spelling_of_the_same_request_is_the_same(api_client: APIClient) -> None:
    first = build(api_client, "key-1").json()["task_id"]
    again = build(api_client, "key-1", urls=["HTTPS://EXAMPLE.com:443"], exclude=[])
    assert again.status_code == 200
    assert again.json()["task_id"] == first


def test_a_replay_shows_the_task_as_it_is_now(api_client: APIClient, user: User) -> None:
    task_id = build(api_client, "key-1").json()["task_id"]
    lifecycle.cancel(task_id, by=user)
    assert build(api_client, "key-1").json()["state"] == "CANCELLED"


def test_a_bad_body_is_refused_even_with_a_known_key(api_client: APIClient) -> None:
    build(api_client, "key-1")
    assert error(build(api_client, "key-1", max_pages=0), 400)[0] == "max_pages"


def test_without_a_key_every_request_makes_a_task(api_client: APIClient) -> None:
    assert [build(api_client).status_code, build(api_client, "").status_code] == [202, 202]
    assert TaskState.objects.count() == 2


def test_two_users_may_choose_the_same_key(
    api_client: APIClient, stranger_client: APIClient
) -> None:
    assert build(api_client, "key-1").status_code == 202
    assert build(stranger_client, "key-1").status_code == 202


def test_a_key_holds_for_every_route_that_submits(api_client: APIClient) -> None:
    first = build(api_client, "key-1").json()["task_id"]
    body = {"workflow": "build-agent", "params": BODY, "idempotency_key": "key-1"}
    again = api_client.post("/tasks", body, format="json")
    assert (again.status_code, again.json()["task_id"]) == (200, first)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_ten_identical_requests_at_once_make_one_task(user: User, valkey: str) -> None:
    clients = [client_of(user) for _ in range(10)]
    start = Barrier(len(clients))

    def submit(client: APIClient) -> tuple[int, str]:
        start.wait(timeout=10)
        try:
            response = build(client, "key-1")
            return response.status_code, response.json()["task_id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(submit, clients))
    assert sorted(status for status, _ in answers) == [200] * 9 + [202]
    assert len({task_id for _, task_id in answers}) == 1
    assert TaskState.objects.count() == TaskEvent.objects.count() == 1
