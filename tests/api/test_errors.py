"""What every route has in common: trailing slashes, methods, and one shape of errors."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tasks import lifecycle
from tests.api.answers import error
from tests.dashboard import builds

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/nonsense", "/tasks/5", "/tasks/x/events", "/agents/5/ask"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_a_path_that_no_route_takes_is_answered_in_json(
    api_client: APIClient, path: str, method: str
) -> None:
    attr, code, sentence = error(getattr(api_client, method)(path), 404)
    assert (attr, code) == (None, "not_found")
    assert path in sentence


def test_a_browser_gets_a_page_instead(api_client: APIClient) -> None:
    response = api_client.get("/nonsense", HTTP_ACCEPT="text/html,*/*;q=0.8")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_ours_is_refused_in_json(api_client: APIClient) -> None:
    _, code, sentence = error(api_client.get("/tasks", HTTP_HOST="evil.example"), 400)
    assert code == "unknown_host"
    assert "'evil.example'. Add it to ALLOWED_HOSTS." in sentence


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "/agents"),
        ("delete", "/agents"),
        ("patch", "/tasks"),
        ("put", "/tasks/{}"),
        ("post", "/tasks/{}"),
        ("post", "/tasks/{}/events"),
        ("delete", "/tasks/{}/result"),
        ("get", "/tasks/{}/retry"),
        ("get", "/agents/{}/ask"),
        ("post", "/agents/{}/search"),
    ],
)
def test_a_method_that_a_route_does_not_have_is_refused(
    api_client: APIClient, method: str, path: str
) -> None:
    response = getattr(api_client, method)(path.format(uuid4()))
    assert error(response, 405)[:2] == (None, "method_not_allowed")
    assert response["Allow"]


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html", "application/xml", "text/event-stream", "nonsense"]
)
def test_errors_are_json_whatever_the_client_would_rather_have(
    api_client: APIClient, accept: str
) -> None:
    assert error(api_client.get(f"/tasks/{uuid4()}/events", HTTP_ACCEPT=accept), 404)


def test_every_route_stands_with_and_without_a_trailing_slash(
    api_client: APIClient, user: User
) -> None:
    task = builds.finished(user)
    paths = ["/tasks", "/agents", "/healthz", f"/agents/{task.agent_id}", f"/tasks/{task.pk}"]
    paths += [f"/tasks/{task.pk}/events", f"/tasks/{task.pk}/result"]
    paths += [f"/agents/{task.agent_id}/pages"]
    for path in paths:
        bare, slashed = api_client.get(path), api_client.get(f"{path}/")
        assert (bare.status_code, slashed.status_code) == (200, 200)
        assert bare.content == slashed.content


def test_a_post_loses_nothing_to_a_trailing_slash(api_client: APIClient) -> None:
    body = {"urls": ["https://example.com/"]}
    assert api_client.post("/agents/", body, format="json").status_code == 202


def test_a_bug_shows_no_trace(
    api_client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*args: Any, **kwargs: Any) -> None:
        raise KeyError("the-secret-of-the-bug")

    monkeypatch.setattr(lifecycle, "cancel", break_down)
    api_client.raise_request_exception = False
    response = api_client.delete(f"/tasks/{builds.queued(user).pk}")
    _, code, sentence = error(response, 500)
    assert code == "error"
    assert "Try again later" in sentence
    assert b"secret" not in response.content
