"""`POST /tasks`: any workflow by its name."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from tasks.models import TaskState
from tests.api.answers import error, errors

pytestmark = pytest.mark.django_db

PARAMS = {"urls": ["https://example.com"]}


def submit(client: APIClient, **body: Any) -> Any:
    return client.post("/tasks", body, format="json")


def test_a_workflow_is_started_by_its_name(api_client: APIClient) -> None:
    response = submit(api_client, workflow="build-agent", params=PARAMS, priority="low")
    assert response.status_code == 202
    task = TaskState.objects.get(pk=response.json()["task_id"])
    assert (task.workflow, task.state, task.priority) == ("build-agent", "QUEUED", "low")
    assert task.params["urls"] == ["https://example.com/"]


def test_an_unknown_workflow_is_told_those_that_there_are(api_client: APIClient) -> None:
    attr, _, sentence = error(submit(api_client, workflow="nonsense"), 400)
    assert attr == "workflow"
    assert "build-agent" in sentence


def test_a_workflow_must_be_named(api_client: APIClient) -> None:
    assert error(submit(api_client, params=PARAMS), 400)[:2] == ("workflow", "required")


@pytest.mark.parametrize("params", [[], "x", 5, None])
def test_parameters_must_be_an_object(api_client: APIClient, params: Any) -> None:
    assert error(submit(api_client, workflow="build-agent", params=params), 400)[0] == "params"


def test_a_bad_parameter_is_named_by_its_whole_path(api_client: APIClient) -> None:
    params = {"urls": ["https://example.com/", "file:///etc/passwd"], "max_pages": 0}
    response = submit(api_client, workflow="build-agent", params=params)
    assert [found[:2] for found in errors(response, 400)] == [
        ("params.max_pages", "min_value"),
        ("params.urls.1", "scheme"),
    ]


def test_an_unknown_parameter_and_an_unknown_field_are_refused(api_client: APIClient) -> None:
    inner = submit(api_client, workflow="build-agent", params={**PARAMS, "depth": 1})
    assert error(inner, 400)[:2] == ("params.depth", "unknown_field")
    outer = submit(api_client, workflow="build-agent", params=PARAMS, urls=[])
    assert error(outer, 400)[:2] == ("urls", "unknown_field")
    assert not TaskState.objects.exists()
