"""Who may call what: tokens, sessions, and what does not exist for whom."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks import tokens
from tests.api.answers import error, results
from tests.api.conftest import client_of
from tests.dashboard import builds

pytestmark = pytest.mark.django_db

TASK_CALLS = [
    ("GET", "/tasks/{}"),
    ("DELETE", "/tasks/{}"),
    ("GET", "/tasks/{}/result"),
    ("GET", "/tasks/{}/events"),
    ("POST", "/tasks/{}/retry"),
    ("GET", "/tasks/{}/webhooks"),
    ("GET", "/tasks/{}/audit"),
    ("POST", "/tasks/{}/webhooks/00000000-0000-0000-0000-000000000000/replay"),
]
AGENT_CALLS = [
    ("GET", "/agents/{}"),
    ("GET", "/agents/{}/pages"),
    ("GET", "/agents/{}/search?q=x"),
    ("POST", "/agents/{}/ask"),
]
LISTS = [
    ("GET", "/tasks"),
    ("POST", "/tasks"),
    ("GET", "/dead-letters"),
    ("POST", "/dead-letters/retry"),
    ("GET", "/agents"),
    ("POST", "/agents"),
]
SENDABLE = json.dumps({"question": "What is it?"})


def call(client: APIClient, method: str, path: str, **more: Any) -> Any:
    body = SENDABLE if path.endswith("/ask") else ""
    return client.generic(method, path, body, "application/json", **more)


@pytest.mark.parametrize(("method", "path"), [*LISTS, *TASK_CALLS, *AGENT_CALLS])
def test_nothing_is_answered_without_authentication(method: str, path: str) -> None:
    response = call(APIClient(), method, path.format(uuid4()))
    assert error(response, 401)[1] == "not_authenticated"
    assert response["WWW-Authenticate"] == 'Bearer realm="AgentForge"'


def test_the_answer_says_how_to_authenticate() -> None:
    assert "Authorization: Bearer" in error(APIClient().get("/tasks"), 401)[2]


@pytest.mark.parametrize("token", ["nonsense", "af_" + "x" * 43, "ü", "a b"])
def test_an_unknown_token_is_refused(token: str) -> None:
    response = APIClient().get("/tasks", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert error(response, 401)[1] == "authentication_failed"
    assert token not in response.content.decode()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjp1c2VyLXBhc3N3b3Jk"])
def test_a_header_without_a_token_counts_as_none(user: User, header: str) -> None:
    response = APIClient().get("/tasks", HTTP_AUTHORIZATION=header)
    assert error(response, 401)[1] == "not_authenticated"


def test_the_name_of_the_scheme_may_be_written_in_any_case(user: User) -> None:
    _, token = tokens.issue(user)
    assert APIClient().get("/tasks", HTTP_AUTHORIZATION=f"bearer {token}").status_code == 200


def test_a_revoked_token_opens_nothing_and_others_still_do(user: User) -> None:
    first, plaintext = tokens.issue(user)
    client, other = APIClient(), client_of(user)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plaintext}")
    assert client.get("/tasks").status_code == 200
    tokens.revoke(first, by=user)
    assert error(client.get("/tasks"), 401)[1] == "authentication_failed"
    assert other.get("/tasks").status_code == 200


def test_a_user_who_was_deactivated_is_out(user: User, api_client: APIClient) -> None:
    user.is_active = False
    user.save()
    assert error(api_client.get("/tasks"), 401)[1] == "authentication_failed"


@pytest.mark.parametrize(("method", "path"), TASK_CALLS)
def test_somebody_elses_task_looks_like_one_that_is_not_there(
    stranger_client: APIClient, user: User, method: str, path: str
) -> None:
    theirs, unknown = builds.finished(user).pk, uuid4()
    answers = [call(stranger_client, method, path.format(key)) for key in (theirs, unknown)]
    assert [error(answer, 404)[:2] for answer in answers] == [(None, "not_found")] * 2
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(("method", "path"), AGENT_CALLS)
def test_somebody_elses_agent_looks_like_one_that_is_not_there(
    stranger_client: APIClient, user: User, method: str, path: str
) -> None:
    theirs, unknown = builds.ready_agent(user).pk, uuid4()
    answers = [call(stranger_client, method, path.format(key)) for key in (theirs, unknown)]
    assert [error(answer, 404)[:2] for answer in answers] == [(None, "not_found")] * 2
    assert answers[0].content == answers[1].content


def test_nobody_can_touch_somebody_elses_task(stranger_client: APIClient, user: User) -> None:
    running = builds.scraping(user)
    stranger_client.delete(f"/tasks/{running.pk}")
    running.refresh_from_db()
    assert not running.cancel_requested


def test_lists_hold_only_ones_own(stranger_client: APIClient, user: User, stranger: User) -> None:
    builds.finished(user)
    mine = builds.finished(stranger)
    tasks = results(stranger_client.get("/tasks"))
    agents = results(stranger_client.get("/agents"))
    assert [task["task_id"] for task in tasks] == [str(mine.pk)]
    assert [agent["agent_id"] for agent in agents] == [str(mine.agent_id)]


def test_staff_see_everything(staff_client: APIClient, user: User, stranger: User) -> None:
    theirs = {str(builds.finished(owner).pk) for owner in (user, stranger)}
    assert {task["task_id"] for task in results(staff_client.get("/tasks"))} == theirs
    assert len(results(staff_client.get("/agents"))) == 2
    assert all(staff_client.get(f"/tasks/{task_id}").status_code == 200 for task_id in theirs)


def browser(user: User) -> APIClient:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def test_a_session_may_read(user: User) -> None:
    assert browser(user).get("/tasks").status_code == 200


def test_a_session_needs_the_csrf_token_to_change_anything(user: User) -> None:
    client, task = browser(user), builds.failed(user)
    path = f"/tasks/{task.pk}/retry"
    assert error(client.post(path), 403)[:2] == (None, "permission_denied")
    client.get("/login/")  # sets the cookie
    token = client.cookies["csrftoken"].value
    assert client.post(path, HTTP_X_CSRFTOKEN="wrong" + token[5:]).status_code == 403
    assert client.post(path, HTTP_X_CSRFTOKEN=token).status_code == 202


def test_a_bearer_token_needs_no_csrf_token(user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user)[1]}")
    assert client.post(f"/tasks/{builds.failed(user).pk}/retry").status_code == 202
