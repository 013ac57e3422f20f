"""What a task of a project is asked for: one check for every door."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ErrorDetail

from tasks.api.serializers import Params
from tasks.api.strict import StrictSerializer, Text, checked
from tasks.errors import InvalidParams, NotAllowed
from tasks.projects.config import ProjectConfig
from tasks.projects.models import NAME, RUN_ANY, Project, may_run_any
from tasks.projects.types import TaskType

KNOWN_SHOWN = 20


class ProjectParams(StrictSerializer):
    """The parameters of the workflow of a type."""

    project = Text(max_length=64)
    command = Text(max_length=64, allow_blank=True, default="")
    params = Params(default=dict)


def clean(declared: TaskType, params: dict[str, Any]) -> dict[str, Any]:
    """The request, checked against what the type declares. Cleaning twice changes nothing.

    Raises:
        InvalidParams: sentences by field path.
    """
    request = checked(ProjectParams(data=params))
    command = declared.command(request["command"])
    if not isinstance(request["params"], dict):
        raise InvalidParams({"params": ["Send an object, like {}."]})
    try:
        request["params"] = command.checked(request["params"])
    except InvalidParams as error:
        raise InvalidParams({f"params.{path}": s for path, s in error.errors.items()}) from error
    return request


def admit(declared: TaskType, params: dict[str, Any], owner: Any) -> None:
    """Refuse a (clean) request of somebody who may not have such a task.

    Where `PROJECT_CONFIG_URL` is set, whoever may start tasks in every project may name those that
    this database does not know.

    Raises:
        InvalidParams: there is no such project for this user, or it does not allow a file.
        NotAllowed: they see the project, and may not start tasks in it.
    """
    visible = Project.objects.visible_to(owner)
    project = visible.filter(name=params["project"]).first()
    if project:
        if not project.may_be_run_by(owner):
            raise NotAllowed(
                f"You may not start tasks in the project {project}: you are no member of it, and "
                f"you do not have the permission {RUN_ANY}. Ask an administrator for it."
            )
        command = declared.command(params["command"])
        config = ProjectConfig.of(project, with_environment=False)
        command.refuse(params["params"], config)
    elif not (settings.PROJECT_CONFIG_URL and may_run_any(owner) and _is_name(params["project"])):
        known = ", ".join(visible.values_list("name", flat=True)[:KNOWN_SHOWN]) or "none"
        sentence = f"There is no project {params['project']!r}. Projects that you see: {known}."
        raise InvalidParams({"project": [ErrorDetail(sentence, code="unknown_project")]})


def subject(declared: TaskType, params: dict[str, Any]) -> str:
    """What a list of tasks shows: the type, its command and the project."""
    what = " ".join(filter(None, (declared.name, params["command"])))
    return f"{what} in {params['project']}"


def _is_name(text: str) -> bool:
    return re.fullmatch(NAME, text) is not None
