"""`POST /agents`: what a build is told, and what it answers before any work is done."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from agents.models import AgentRecord
from tasks.models import TaskState

pytestmark = pytest.mark.django_db

WEIGHTS = {
    "validate": 5,
    "scrape": 35,
    "extract": 15,
    "describe": 15,
    "create": 10,
    "upload": 15,
    "finalize": 5,
}


def build(client: APIClient, **body: Any) -> Any:
    return client.post("/agents", {"urls": ["https://example.com/"], **body}, format="json")


def test_a_build_is_accepted_before_any_work_is_done(api_client: APIClient, user: User) -> None:
    response = build(api_client)
    assert response.status_code == 202
    task = response.json()
    assert task["workflow"] == "build-agent"
    assert task["state"] == "QUEUED"
    assert task["percent"] == 0
    assert task["run"] == 1
    assert task["agent_id"] is None
    assert task["result"] is None
    assert task["eta_seconds"] is None
    assert task["cancel_requested"] is False
    assert task["started_at"] is None
    assert task["finished_at"] is None
    assert {step["name"]: step["weight"] for step in task["steps"]} == WEIGHTS
    assert {step["state"] for step in task["steps"]} == {"PENDING"}
    assert TaskState.objects.get(pk=task["task_id"]).owner == user
    assert not AgentRecord.objects.exists()


def test_the_answer_names_the_tasks_address(api_client: APIClient) -> None:
    response = build(api_client)
    address = f"http://testserver/tasks/{response.json()['task_id']}"
    assert response["Location"] == address
    assert api_client.get(address).json()["task_id"] == response.json()["task_id"]


def test_what_is_left_out_gets_its_default(api_client: APIClient) -> None:
    task = TaskState.objects.get(pk=build(api_client).json()["task_id"])
    assert task.params == {
        "name": "",
        "urls": ["https://example.com/"],
        "documents": [],
        "scope": "path",
        "render": "auto",
        "max_pages": settings.AGENTFORGE_DEFAULT_PAGES,
        "max_depth": settings.AGENTFORGE_DEFAULT_DEPTH,
        "include": [],
        "exclude": [],
        "provider": "local",
    }
    assert task.priority == "normal"
    assert task.callback_url == ""
    assert task.idempotency_key is None


def test_what_is_given_is_kept(api_client: APIClient) -> None:
    given = {
        "name": "Example",
        "urls": ["https://example.com/docs/"],
        "documents": [],
        "scope": "path",
        "render": "never",
        "max_pages": 1,
        "max_depth": 0,
        "include": ["/docs/*"],
        "exclude": ["/docs/old/*"],
        "provider": "local",
    }
    options = {"priority": "high", "callback_url": "https://example.com/hook?x=1"}
    response = api_client.post("/agents", {**given, **options}, format="json")
    assert response.status_code == 202
    task = TaskState.objects.get(pk=response.json()["task_id"])
    assert task.params == given
    assert task.priority == response.json()["priority"] == "high"
    assert task.callback_url == options["callback_url"]


def test_urls_are_normalized_and_each_is_kept_once_in_the_order_given(
    api_client: APIClient,
) -> None:
    urls = [
        "HTTPS://Example.COM:443/a/../docs/#top",
        "https://example.com/b%7e?q=%c3%a4",
        "https://example.com/docs/",
        "  https://bücher.example  ",
    ]
    task = TaskState.objects.get(pk=build(api_client, urls=urls).json()["task_id"])
    assert task.params["urls"] == [
        "https://example.com/docs/",
        "https://example.com/b~?q=%C3%A4",
        "https://xn--bcher-kva.example/",
    ]


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        ({"name": "Example"}, "Example"),
        ({}, "https://example.com/"),
        ({"urls": ["https://a.example", "https://b.example"]}, "https://a.example/ and 1 more"),
    ],
)
def test_the_subject_says_what_is_built(
    api_client: APIClient, body: dict[str, Any], subject: str
) -> None:
    assert build(api_client, **body).json()["subject"] == subject


def test_a_name_may_be_empty_and_a_callback_too(api_client: APIClient) -> None:
    assert build(api_client, name="", callback_url="").status_code == 202


@pytest.mark.parametrize("field", ["max_pages", "max_depth"])
def test_a_limit_may_be_as_high_as_the_settings_say(api_client: APIClient, field: str) -> None:
    highest = getattr(settings, f"AGENTFORGE_{field.upper()}")
    assert build(api_client, **{field: highest}).status_code == 202
