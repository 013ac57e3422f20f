"""A project's configuration as a worker gets it, whichever way it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from tasks.masking import MASK, mask
from tasks.projects.models import Project


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
    def of(cls, project: Project) -> ProjectConfig:
        """The configuration that stands in the database.

        Raises:
            WrongKey: a secret of it cannot be decrypted.
        """
        variables = list(project.variables.all())
        return cls(
            name=project.name,
            command=project.command,
            working_directory=project.working_directory,
            db_conn=project.db_conn,
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
        return {**self.as_json(), "db_conn": mask(self.db_conn), "env": shown}

    @property
    def directory(self) -> Path:
        """Where the program runs on this machine."""
        return Path(self.working_directory or settings.DATA_DIR / "projects" / self.name)

    @property
    def secret_values(self) -> list[str]:
        """What must not be seen in what the program prints."""
        return [self.env[name] for name in self.secrets if name in self.env]
