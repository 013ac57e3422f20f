"""What a task of a project is asked for: one check for every door."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ErrorDetail

from tasks.api.serializers import Params
from tasks.api.strict import StrictSerializer, Text, checked
from tasks.errors import InvalidParams
from tasks.projects.config import ProjectConfig
from tasks.projects.models import NAME, Project
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
    """Refuse a (clean) request of somebody who may not use the project, as if there were none.

    Where `PROJECT_CONFIG_URL` is set, staff may name projects that this database does not know.

    Raises:
        InvalidParams: there is no such project for this user, or it does not allow a file.
    """
    usable = Project.objects.usable_by(owner)
    project = usable.filter(name=params["project"]).prefetch_related("variables").first()
    if project:
        command = declared.command(params["command"])
        command.refuse(params["params"], ProjectConfig.of(project))
    elif not (settings.PROJECT_CONFIG_URL and owner.is_staff and _is_name(params["project"])):
        known = ", ".join(usable.values_list("name", flat=True)[:KNOWN_SHOWN]) or "none"
        sentence = f"There is no project {params['project']!r}. Projects you may use: {known}."
        raise InvalidParams({"project": [ErrorDetail(sentence, code="unknown_project")]})


def subject(declared: TaskType, params: dict[str, Any]) -> str:
    """What a list of tasks shows: the type, its command and the project."""
    what = " ".join(filter(None, (declared.name, params["command"])))
    return f"{what} in {params['project']}"


def _is_name(text: str) -> bool:
    return re.fullmatch(NAME, text) is not None
