"""Gets a project's configuration: from the API at `PROJECT_CONFIG_URL`, or from the database."""

from __future__ import annotations

from typing import Any

import httpx
from django.conf import settings

from tasks.errors import PermanentError, TransientError
from tasks.masking import MASK
from tasks.projects.api.serializers import ConfigSerializer
from tasks.projects.config import ProjectConfig
from tasks.projects.models import Project

TIMEOUT = 10.0
"""Seconds, for each part of a request."""


def config_of(name: str) -> ProjectConfig:
    """The project's configuration as it is now.

    Raises:
        PermanentError: there is no such project, or this worker may not read it.
        TransientError: the API does not answer now.
    """
    return _from_api(name) if settings.PROJECT_CONFIG_URL else _from_database(name)


def _from_database(name: str) -> ProjectConfig:
    project = Project.objects.filter(name=name).prefetch_related("variables").first()
    if project is None:
        raise _no_such_project(name)
    return ProjectConfig.of(project)


def _from_api(name: str) -> ProjectConfig:
    url = f"{settings.PROJECT_CONFIG_URL.rstrip('/')}/{name}"
    headers = {"Authorization": f"Bearer {settings.PROJECT_CONFIG_TOKEN}"}
    try:
        answer = httpx.get(url, headers=headers, timeout=TIMEOUT, trust_env=False)
    except httpx.HTTPError as error:
        raise TransientError(
            f"The configuration of {name} cannot be fetched from PROJECT_CONFIG_URL: "
            f"{type(error).__name__}. See to it that the server is there.",
            code="config_unavailable",
        ) from error
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise _no_such_project(name)
    if answer.status_code >= 500 or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TransientError(
            f"The server at PROJECT_CONFIG_URL answered {answer.status_code} when it was asked "
            f"for {name}. Look into its log.",
            code="config_unavailable",
        )
    if answer.status_code != httpx.codes.OK:
        raise PermanentError(
            f"The server at PROJECT_CONFIG_URL answered {answer.status_code} when it was asked "
            f"for {name}. Check PROJECT_CONFIG_URL and PROJECT_CONFIG_TOKEN of the worker.",
            code="config_refused",
        )
    return _read(name, answer)


def _read(name: str, answer: httpx.Response) -> ProjectConfig:
    try:
        data: Any = answer.json()
    except ValueError:
        data = None
    config = ConfigSerializer(data=data)
    if not config.is_valid() or config.validated_data["name"] != name:
        raise PermanentError(
            f"What PROJECT_CONFIG_URL answers is no configuration of {name}. Let the address end "
            "with /projects, and run the same version on both sides.",
            code="config_refused",
        )
    read = ProjectConfig.from_json(config.validated_data)
    if MASK in read.secret_values or f"{MASK}@" in read.db_conn:
        raise PermanentError(
            f"PROJECT_CONFIG_URL answers without the secrets of {name}. Give the user of "
            "PROJECT_CONFIG_TOKEN the permission to read them.",
            code="config_refused",
        )
    return read


def _no_such_project(name: str) -> PermanentError:
    return PermanentError(
        f"There is no project {name!r} any more, or this worker may not read it. Add it in the "
        "admin, or give the worker's user the permission to read secrets.",
        code="unknown_project",
    )
