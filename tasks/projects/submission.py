"""The verb that submits a task of a project. The API, commands and bridges call it."""

from __future__ import annotations

from typing import Any

from tasks import lifecycle
from tasks.lifecycle import Submission
from tasks.projects import request, types


def submit(
    owner: Any,
    *,
    project: str,
    type: str,
    command: str = "",
    params: dict[str, Any] | None = None,
    **options: Any,
) -> Submission:
    """Submit a task of a project.

    Args:
        owner: the user whose task it is: a member of the project, or staff with the permission
            `projects.run_project`.
        type: one of `types.names()`.
        command: of the type; empty for a type that has only one.
        params: of the command.
        options: what `lifecycle.submit` takes besides: `idempotency_key`, `priority`,
            `callback_url`.

    Raises:
        InvalidParams: sentences by field path: `type`, `project`, `command`, `params.…`.
        NotAllowed: the owner sees the project, and may not start tasks in it.
        IdempotencyConflict: the key was used with another request.
    """
    cleaned = prepared(project=project, type=type, command=command, params=params)
    return lifecycle.submit(type, cleaned, owner, **options)


def prepared(
    *, project: str, type: str, command: str = "", params: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The checked parameters of the workflow `type`, for such a task.

    Raises:
        InvalidParams: sentences by field path.
    """
    asked = {"project": project, "command": command, "params": params or {}}
    return request.clean(types.get(type), asked)
