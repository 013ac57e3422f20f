"""`/schema` and `/docs`: what the API says of itself, and that it needs no internet for it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.conf import settings
from openapi_spec_validator import validate
from rest_framework.test import APIClient

OPERATIONS = {
    ("get", "/agents"),
    ("post", "/agents"),
    ("get", "/agents/{agent_id}"),
    ("patch", "/agents/{agent_id}"),
    ("delete", "/agents/{agent_id}"),
    ("get", "/agents/{agent_id}/pages"),
    ("get", "/agents/{agent_id}/pages/{page_id}"),
    ("post", "/agents/{agent_id}/refresh"),
    ("get", "/agents/{agent_id}/versions"),
    ("get", "/agents/{agent_id}/search"),
    ("post", "/agents/preview"),
    ("post", "/agents/{agent_id}/ask"),
    ("get", "/documents"),
    ("post", "/documents"),
    ("get", "/documents/{document_id}"),
    ("delete", "/documents/{document_id}"),
    ("get", "/tasks"),
    ("post", "/tasks"),
    ("get", "/tasks/{task_id}"),
    ("delete", "/tasks/{task_id}"),
    ("get", "/tasks/{task_id}/result"),
    ("get", "/tasks/{task_id}/events"),
    ("post", "/tasks/{task_id}/retry"),
    ("get", "/tasks/{task_id}/audit"),
    ("get", "/tasks/{task_id}/webhooks"),
    ("post", "/tasks/{task_id}/webhooks/{delivery_id}/replay"),
    ("get", "/projects/{name}"),
    ("get", "/dead-letters"),
    ("post", "/dead-letters/retry"),
}


@pytest.fixture(scope="module")
def schema() -> Any:
    return yaml.safe_load(APIClient().get("/schema").content)


def operation(schema: Any, method: str, path: str) -> Any:
    return schema["paths"][path][method]


def test_the_schema_is_openapi_3(schema: Any) -> None:
    validate(schema)
    assert schema["openapi"].startswith("3.")


def test_every_call_is_described_once(schema: Any) -> None:
    described = {(method, path) for path, methods in schema["paths"].items() for method in methods}
    assert described == OPERATIONS
    ids = [operation(schema, *call)["operationId"] for call in OPERATIONS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_every_call_names_its_authentication_and_its_errors(
    schema: Any, method: str, path: str
) -> None:
    described = operation(schema, method, path)
    assert described["security"] == [{"bearer": []}, {"session": []}]
    assert "401" in described["responses"]
    if "{" in path:
        assert "404" in described["responses"]
    if "requestBody" in described:
        assert "400" in described["responses"]


def test_the_bearer_token_and_the_session_are_described(schema: Any) -> None:
    schemes = schema["components"]["securitySchemes"]
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer"}
    assert schemes["session"] == {"type": "apiKey", "in": "cookie", "name": "sessionid"}


@pytest.mark.parametrize("path", ["/agents", "/tasks"])
def test_a_submission_is_described_with_its_key_and_answers(schema: Any, path: str) -> None:
    described = operation(schema, "post", path)
    assert {"200", "202", "400", "401", "409", "413", "415", "429"} <= described["responses"].keys()
    assert "Idempotency-Key" in {parameter["name"] for parameter in described["parameters"]}


def test_conflicts_are_described(schema: Any) -> None:
    for method, path in [
        ("delete", "/tasks/{task_id}"),
        ("post", "/tasks/{task_id}/retry"),
        ("get", "/tasks/{task_id}/result"),
    ]:
        assert "409" in operation(schema, method, path)["responses"]


def test_the_failure_of_a_provider_is_described(schema: Any) -> None:
    for method, path in [
        ("patch", "/agents/{agent_id}"),
        ("get", "/agents/{agent_id}/search"),
        ("post", "/agents/{agent_id}/ask"),
    ]:
        assert "502" in operation(schema, method, path)["responses"]


def test_events_are_described_as_json_and_as_a_stream(schema: Any) -> None:
    described = operation(schema, "get", "/tasks/{task_id}/events")
    assert described["responses"]["200"]["content"].keys() == {
        "application/json",
        "text/event-stream",
    }
    assert {"after", "Last-Event-ID"} <= {p["name"] for p in described["parameters"]}


def test_the_filters_of_the_list_are_described(schema: Any) -> None:
    names = {p["name"] for p in operation(schema, "get", "/tasks")["parameters"]}
    assert names >= {
        "state",
        "workflow",
        "agent_id",
        "q",
        "created_after",
        "ordering",
        "cursor",
        "limit",
    }


@pytest.mark.django_db  # Closing a static file's response looks after the database connection.
def test_the_docs_load_nothing_from_elsewhere() -> None:
    client = APIClient()
    page = client.get("/docs").content.decode() + client.get("/docs?script").content.decode()
    assert not re.findall(r"""(?:https?:)?//[\w.-]+\.\w+""", page)
    loaded = re.findall(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"', page)
    assert any(path.endswith(".js") for path in loaded)
    for path in loaded:
        response = client.get(path)
        assert response.status_code == 200, path
        response.close()


def test_the_bounds_of_what_may_be_sent_are_described(schema: Any) -> None:
    build = schema["components"]["schemas"]["BuildRequest"]
    assert build["additionalProperties"] is False
    assert build["properties"]["documents"]["maxItems"] == settings.AGENTFORGE_MAX_DOCUMENTS
    (limit,) = [p for p in operation(schema, "get", "/tasks")["parameters"] if p["name"] == "limit"]
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 200)


def test_the_workflows_that_there_are_are_listed(schema: Any) -> None:
    assert "build-agent" in schema["components"]["schemas"]["WorkflowEnum"]["enum"]


@pytest.mark.django_db
def test_options_tells_nothing_that_the_schema_does_not(api_client: APIClient) -> None:
    assert "actions" not in api_client.options("/tasks").json()
