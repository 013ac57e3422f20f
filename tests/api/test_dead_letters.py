"""`GET /dead-letters` and `POST /dead-letters/retry`."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks import dead_letters
from tasks.models import TaskState
from tests.api.answers import error, results
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


def retry(client: APIClient, **body: Any) -> Any:
    return client.post("/dead-letters/retry", body, format="json")


def states(*tasks: TaskState) -> list[str]:
    for task in tasks:
        task.refresh_from_db()
    return [task.state for task in tasks]


def test_groups_are_listed_with_count_and_newest(api_client: APIClient, user: User) -> None:
    builds.failed(user)
    newest = builds.failed(user, message="The disk is full.")
    (group,) = results(api_client.get("/dead-letters"))
    assert group.pop("newest_at")
    assert group == {
        "workflow": "build-agent",
        "step": "validate",
        "error_code": "no_pages",
        "count": 2,
        "newest_task_id": str(newest.pk),
        "sample_message": "The disk is full.",
    }


@pytest.mark.parametrize(
    ("query", "found"), [("step=validate", 1), ("step=scrape", 0), ("workflow=w", 0)]
)
def test_the_list_can_be_filtered(
    api_client: APIClient, user: User, query: str, found: int
) -> None:
    builds.failed(user)
    assert len(results(api_client.get(f"/dead-letters?{query}"))) == found


def test_an_empty_filter_does_not_select_everything(api_client: APIClient, user: User) -> None:
    builds.failed(user)
    assert error(api_client.get("/dead-letters?workflow="), 400)[0] == "workflow"


def test_one_is_retried_by_its_id(api_client: APIClient, user: User) -> None:
    chosen, other = builds.failed(user), builds.failed(user)
    response = retry(api_client, task_id=str(chosen.pk))
    assert (response.status_code, response.json()) == (
        202,
        {"retried": 1, "refused": 0, "remaining": 0},
    )
    assert states(chosen, other) == ["QUEUED", "FAILED"]


@pytest.mark.parametrize(
    ("body", "retried"),
    [
        ({"all": True}, 2),
        ({"workflow": "build-agent", "step": "validate", "error_code": "no_pages"}, 2),
        ({"step": "scrape"}, 0),
    ],
)
def test_a_group_or_all_are_retried(
    api_client: APIClient, user: User, body: dict[str, Any], retried: int
) -> None:
    for _ in range(2):
        builds.failed(user)
    builds.cancelled(user)
    answer = retry(api_client, **body)
    assert answer.json()["retried"] == retried
    assert TaskState.objects.queued().count() == retried


def test_a_request_retries_a_bounded_number_and_says_how_many_are_left(
    api_client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "RETRIED_AT_ONCE", 2)
    for _ in range(3):
        builds.failed(user)
    assert retry(api_client, all=True).json() == {"retried": 2, "refused": 0, "remaining": 1}
    assert retry(api_client, all=True).json() == {"retried": 1, "refused": 0, "remaining": 0}


def test_those_of_others_are_neither_listed_nor_retried(
    stranger_client: APIClient, user: User
) -> None:
    theirs = builds.failed(user)
    assert results(stranger_client.get("/dead-letters")) == []
    assert retry(stranger_client, all=True).json()["retried"] == 0
    assert error(retry(stranger_client, task_id=str(theirs.pk)), 404)[1] == "not_found"
    assert states(theirs) == ["FAILED"]


def test_staff_retry_those_of_everybody(staff_client: APIClient, user: User) -> None:
    theirs = builds.failed(user)
    assert retry(staff_client, all=True).json()["retried"] == 1
    assert states(theirs) == ["QUEUED"]


@pytest.mark.parametrize("make", [builds.queued, builds.finished, builds.cancelled])
def test_a_task_that_did_not_fail_is_no_dead_letter(
    api_client: APIClient, user: User, make: Any
) -> None:
    task = make(user)
    assert error(retry(api_client, task_id=str(task.pk)), 404)[1] == "not_found"


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({}, "non_field_errors", "ambiguous"),
        ({"all": False}, "non_field_errors", "ambiguous"),
        ({"all": True, "step": "validate"}, "non_field_errors", "ambiguous"),
        ({"task_id": str(uuid4()), "all": True}, "non_field_errors", "ambiguous"),
        ({"task_id": "nonsense"}, "task_id", "invalid"),
        ({"all": True, "from": "middle"}, "from", "invalid_choice"),
        ({"everything": True}, "everything", "unknown_field"),
        ({"step": 5}, "step", "invalid"),
    ],
)
def test_a_bad_body_is_refused_and_nothing_is_retried(
    api_client: APIClient, user: User, body: dict[str, Any], attr: str, code: str
) -> None:
    task = builds.failed(user)
    assert error(retry(api_client, **body), 400)[:2] == (attr, code)
    assert states(task) == ["FAILED"]
