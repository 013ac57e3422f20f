"""A project's configuration as a worker gets it, whichever way it comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from tasks.masking import MASK, mask
from tasks.projects.models import Project

_PASSWORD = re.compile(
    r"(\b(?:password|passwd|pwd)\s*=\s*)(?:'([^']*)'|([^\s;&']+))", re.IGNORECASE
)
"""In connections as libpq, ODBC and ADO write them, and in the query of a URL."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a task's program may use; None stands for what the installation allows."""

    seconds: int | None = None
    memory_mb: int | None = None
    processes: int | None = None
    output_mb: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """What a worker must know of a project to run its program.

    Attributes:
        command: the program and its first arguments; empty for the installation's own.
        working_directory: empty for one in the data directory of the worker.
        paths: directories by name.
        env: further variables of the program's environment.
        secrets: the names of those that are secret.
    """

    name: str
    command: list[str]
    working_directory: str
    db_conn: str
    paths: dict[str, str]
    env: dict[str, str]
    secrets: list[str]
    limits: Limits

    @classmethod
    def of(cls, project: Project, *, with_environment: bool = True) -> ProjectConfig:
        """The configuration that stands in the database.

        Args:
            with_environment: whether to decrypt the connection and the variables.

        Raises:
            WrongKey: one of them cannot be decrypted.
        """
        variables = list(project.variables.all()) if with_environment else []
        return cls(
            name=project.name,
            command=project.command,
            working_directory=project.working_directory,
            db_conn=project.db_conn if with_environment else "",
            paths=project.paths,
            env={variable.name: variable.value for variable in variables},
            secrets=[variable.name for variable in variables if variable.is_secret],
            limits=Limits(
                project.max_seconds,
                project.max_memory_mb,
                project.max_processes,
                project.max_output_mb,
            ),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ProjectConfig:
        """The configuration that `as_json` has written."""
        return cls(**{**data, "limits": Limits(**data["limits"])})

    def as_json(self) -> dict[str, Any]:
        """All of it, secrets included."""
        return asdict(self)

    def masked(self) -> dict[str, Any]:
        """The same without secrets."""
        shown = {
            name: MASK if name in self.secrets else mask(value) for name, value in self.env.items()
        }
        return {**self.as_json(), "db_conn": shown_connection(self.db_conn), "env": shown}

    @property
    def directory(self) -> Path:
        """Where the program runs on this machine."""
        return Path(self.working_directory or settings.DATA_DIR / "projects" / self.name)

    @property
    def secret_values(self) -> list[str]:
        """What must not be seen in what the program prints."""
        secret = [self.env[name] for name in self.secrets if name in self.env]
        return [*secret, *_passwords_in(self.db_conn)]


def shown_connection(connection: str) -> str:
    """A connection as people may read it."""
    shown = _PASSWORD.sub(rf"\1{MASK}", connection)
    if password := _password_in_url(connection):
        shown = shown.replace(f":{password}@", f":{MASK}@")
    return mask(shown)


def _passwords_in(connection: str) -> set[str]:
    """Its password, as it is written and as it is meant."""
    found = {quoted or plain for _, quoted, plain in _PASSWORD.findall(connection)}
    found.add(_password_in_url(connection))
    return {spelling for password in found - {""} for spelling in (password, unquote(password))}


def _password_in_url(connection: str) -> str:
    with suppress(ValueError):
        return urlsplit(connection).password or ""
    return ""
