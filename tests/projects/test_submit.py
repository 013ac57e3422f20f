"""`POST /tasks` for a project: what is taken, and what is refused with a list of what is known."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from tasks import lifecycle
from tasks.errors import InvalidParams
from tasks.models import TaskState
from tasks.projects.models import Project
from tasks.projects.submission import submit
from tests.api.answers import error, errors

pytestmark = pytest.mark.django_db

RUN: dict[str, Any] = {
    "project": "shop",
    "type": "agent",
    "command": "run",
    "params": {"input": "Hello"},
}


def post(client: APIClient, **changes: Any) -> Any:
    return client.post("/tasks", {**RUN, **changes}, format="json")


def test_a_task_of_a_project_is_a_workflow_of_three_steps(
    api_client: APIClient, project: Project
) -> None:
    task = post(api_client, priority="low").json()
    assert (task["workflow"], task["subject"]) == ("agent", "agent run in shop")
    steps = [(step["name"], step["weight"]) for step in task["steps"]]
    assert steps == [("fetch", 5), ("build", 5), ("run", 90)]
    stored = TaskState.objects.get(pk=task["task_id"])
    assert stored.params == {"project": "shop", "command": "run", "params": {"input": "Hello"}}
    assert stored.priority == "low"


def test_it_can_be_submitted_as_a_workflow(api_client: APIClient, project: Project) -> None:
    params = {"project": "shop", "params": {"reset": True}}
    response = api_client.post("/tasks", {"workflow": "seed-db", "params": params}, format="json")
    assert response.status_code == 202
    assert response.json()["subject"] == "seed-db in shop"


def test_the_same_key_gives_the_same_task(user: User, project: Project) -> None:
    first, second = (submit(user, **RUN, idempotency_key="k") for _ in range(2))
    assert (first.created, second.created) == (True, False)
    assert first.task.pk == second.task.pk


def test_the_first_task_is_given_to_whom_may_start_no_other(user: User, project: Project) -> None:
    first = submit(user, **RUN, idempotency_key="k").task
    project.members.clear()
    assert submit(user, **RUN, idempotency_key="k").task.pk == first.pk
    with pytest.raises(InvalidParams, match="There is no project"):
        submit(user, **RUN)


def test_who_is_no_member_any_more_cannot_retry(
    api_client: APIClient, user: User, project: Project
) -> None:
    task = submit(user, **RUN).task
    lifecycle.cancel(task.pk, by=user)
    project.members.clear()
    refused = api_client.post(f"/tasks/{task.pk}/retry", {}, format="json")
    _, _, sentence = error(refused, 409)
    assert "There is no project 'shop'" in sentence
    project.members.add(user)
    assert api_client.post(f"/tasks/{task.pk}/retry", {}, format="json").status_code == 202


@pytest.mark.parametrize(
    ("changes", "attr", "code", "known"),
    [
        ({"type": "nonsense"}, "type", "unknown_type", "agent, seed-db, task-context"),
        ({"command": "walk"}, "command", "unknown_command", "Known commands: run."),
        ({"command": ""}, "command", "required", "Known commands: run."),
        (
            {"type": "seed-db", "params": {}},
            "command",
            "unknown_command",
            "Leave this field out.",
        ),
        ({"params": {"input": "x", "speed": 3}}, "params.speed", "unknown_field", "input, para"),
        ({"params": {}}, "params.input", "required", ""),
        ({"params": {"input": 5}}, "params.input", "invalid", ""),
        ({"params": {"input": "x" * 20_001}}, "params.input", "max_length", ""),
        ({"params": {"input": "x", "parallel_workers": 0}}, "params.parallel_workers", "min_", ""),
        ({"params": {"input": "x", "parallel_workers": "3"}}, "params.parallel_workers", "inv", ""),
        ({"project": "nowhere"}, "project", "unknown_project", "Projects that you see: shop."),
        ({"workflow": "agent"}, "command", "invalid", ""),
    ],
)
def test_what_is_unknown_or_wrong_is_named_with_what_is_known(
    api_client: APIClient,
    project: Project,
    changes: dict[str, Any],
    attr: str,
    code: str,
    known: str,
) -> None:
    found = {
        path: (kind, sentence) for path, kind, sentence in errors(post(api_client, **changes), 400)
    }
    assert found[attr][0].startswith(code)
    assert known in found[attr][1]
    assert not TaskState.objects.exists()


@pytest.mark.parametrize("left_out", ["project", "type"])
def test_project_and_type_belong_together(api_client: APIClient, left_out: str) -> None:
    body = {name: value for name, value in RUN.items() if name != left_out}
    assert error(api_client.post("/tasks", body, format="json"), 400)[:2] == (left_out, "required")


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret.xlsx", "input", "input/../x.xlsx"])
def test_a_file_outside_the_projects_paths_is_refused(
    api_client: APIClient, project: Project, name: str
) -> None:
    answer = post(
        api_client, type="task-context", command="import-excel", params={"file_path": name}
    )
    attr, _, sentence = error(answer, 400)
    assert attr == "params.file_path"
    assert project.paths["input"] in sentence


def test_a_project_does_not_exist_for_those_who_are_no_members(
    stranger_client: APIClient, project: Project
) -> None:
    unseen = error(post(stranger_client), 400)
    project.delete()
    assert error(post(stranger_client), 400) == unseen
    params = {"project": "shop", "params": {}}
    as_workflow = {"workflow": "seed-db", "params": params}
    assert error(stranger_client.post("/tasks", as_workflow, format="json"), 400)[1] == unseen[1]


def test_staff_may_start_tasks_as_far_as_their_permissions_allow(
    staff_client: APIClient, stranger: User, stranger_client: APIClient, project: Project
) -> None:
    assert post(staff_client).status_code == 202
    stranger.is_staff = True
    stranger.save()
    assert "projects.run_project" in error(post(stranger_client), 403)[2]
    stranger.user_permissions.add(Permission.objects.get(codename="run_project"))
    assert post(stranger_client).status_code == 202


def test_only_staff_may_name_projects_that_are_kept_elsewhere(
    staff: User, user: User, settings: Any
) -> None:
    settings.PROJECT_CONFIG_URL = "http://127.0.0.1:1/projects"
    assert submit(staff, **{**RUN, "project": "elsewhere"}).created
    for owner, name in ((user, "elsewhere"), (staff, "../escape")):
        with pytest.raises(InvalidParams):
            submit(owner, **{**RUN, "project": name})
