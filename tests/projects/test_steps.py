"""The configuration that a worker gets, and the command that it builds of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks import lifecycle, workflows
from tasks.context import StepContext
from tasks.errors import PermanentError, TransientError
from tasks.interrupt import Interrupt
from tasks.models import StepRun, TaskState
from tasks.projects.config import ProjectConfig
from tasks.projects.fetching import config_of
from tasks.projects.models import Project
from tasks.projects.submission import submit
from tests.projects.conftest import CONNECTION, SECRET
from tests.site import Site
from tests.tasks.engine import claimed, history, reloaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(site: Site, settings: Any) -> Site:
    """Another installation, from which this worker fetches projects."""
    settings.PROJECT_CONFIG_URL = f"{site.url}/projects"
    settings.PROJECT_CONFIG_TOKEN = "af_token"
    return site


def answering(status: int, body: Any) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page that asks for the token."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        is_allowed = handler.headers["Authorization"] == "Bearer af_token"
        handler.send_response(status if is_allowed else 401)
        content = json.dumps(body).encode()
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def executed(task: TaskState, name: str) -> dict[str, Any]:
    """What the step returns that is executed now."""
    claim = claimed(task, name)
    step = workflows.get(task.workflow).by_name[name]
    output: dict[str, Any] = step.function(StepContext(claim, Interrupt()))
    lifecycle.succeed(claim, output)
    return output


def test_a_worker_fetches_the_configuration_over_the_api(project: Project, elsewhere: Site) -> None:
    there = ProjectConfig.of(project).as_json()
    there["env"]["REGION"] = " spaces stay "
    elsewhere.pages["/projects/shop"] = answering(200, there)
    assert config_of("shop") == ProjectConfig.from_json(there)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (503, {}, TransientError, "config_unavailable"),
        (429, {}, TransientError, "config_unavailable"),
        (403, {}, PermanentError, "config_refused"),
        (302, {}, PermanentError, "config_refused"),
        (404, {}, PermanentError, "unknown_project"),
        (200, {"name": "shop"}, PermanentError, "config_refused"),
        (200, [], PermanentError, "config_refused"),
    ],
)
def test_what_may_pass_is_tried_again_and_nothing_else(
    elsewhere: Site, status: int, body: Any, kind: type[Exception], code: str
) -> None:
    elsewhere.pages["/projects/shop"] = answering(status, body)
    with pytest.raises(kind) as failure:
        config_of("shop")
    assert getattr(failure.value, "code", "") == code


def test_no_program_is_started_with_masks_for_its_secrets(
    project: Project, elsewhere: Site
) -> None:
    elsewhere.pages["/projects/shop"] = answering(200, ProjectConfig.of(project).masked())
    with pytest.raises(PermanentError, match="the permission to read them") as failure:
        config_of("shop")
    assert failure.value.code == "config_refused"


def test_a_server_that_is_not_there_may_come_back(settings: Any) -> None:
    settings.PROJECT_CONFIG_URL = "http://127.0.0.1:1/projects"
    with pytest.raises(TransientError, match="ConnectError"):
        config_of("shop")


def test_a_project_that_is_gone_is_named() -> None:
    with pytest.raises(PermanentError, match="There is no project 'shop' any more"):
        config_of("shop")


def test_it_is_fetched_once_and_stored_without_its_secrets(user: User, project: Project) -> None:
    task = submit(user, project="shop", type="seed-db", params={"reset": True}).task
    executed(task, "fetch")
    Project.objects.update(command=["changed"])
    assert executed(task, "build") == {"command": ["python", "agent.py", "seed-db", "--reset"]}
    stored = str(list(StepRun.objects.filter(task=task).values_list("output", flat=True)))
    told = str([event.message for event in history(task)])
    for secret in (SECRET, CONNECTION, "hunter2"):
        assert secret not in stored + told
    assert "Command: python agent.py seed-db --reset" in told


def test_a_retry_meets_what_was_mended(user: User, project: Project) -> None:
    task = submit(user, project="shop", type="seed-db").task
    executed(task, "fetch")
    lifecycle.fail(claimed(task, "build"), "no_good", "It did not work.")
    Project.objects.update(command=["mended"])
    lifecycle.retry(task.pk, by=user)
    assert executed(reloaded(task), "build") == {"command": ["mended", "seed-db"]}


def test_without_a_command_it_is_the_installations_own(user: User, project: Project) -> None:
    Project.objects.update(command=[])
    task = submit(user, project="shop", type="seed-db").task
    executed(task, "fetch")
    assert executed(task, "build")["command"][1:] == ["-m", "agents.cli", "seed-db"]


@pytest.mark.parametrize("begun", [False, True])
def test_the_last_line_of_the_log_of_a_cancelled_task_is_that_it_stopped(
    user: User, project: Project, begun: bool
) -> None:
    task = submit(user, project="shop", type="seed-db").task
    if begun:
        executed(task, "fetch")
    lifecycle.cancel(task.pk, by=user)
    *_, last_line, end = history(task)
    assert (last_line.type, last_line.message) == ("log", "STOPPED")
    assert (end.type, end.state) == ("state", "CANCELLED")
