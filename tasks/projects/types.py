"""The types of tasks that projects have, their commands, and the registry of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import ErrorDetail

from tasks.api.strict import StrictSerializer, checked
from tasks.errors import InvalidParams
from tasks.projects.config import ProjectConfig
from tasks.projects.parameters import Parameter


@dataclass(frozen=True)
class Command:
    """One thing that a program can be asked for.

    Args:
        arguments: what follows the project's command, such as `("agent", "run")`.
        parameters: in the order in which they stand on the command line.
        name: how requests name it; empty for the only command of a type.
    """

    arguments: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    name: str = ""

    def checked(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a request.

        Raises:
            InvalidParams: one is unknown, missing, or not what it may be.
        """
        return checked(self._serializer(data=params))

    def line(self, params: Mapping[str, Any], config: ProjectConfig) -> list[str]:
        """The arguments that follow the project's command, for checked parameters.

        Raises:
            PermanentError: a file is not there, or not the project's.
        """
        given = (parameter for parameter in self.parameters if parameter.name in params)
        built = (parameter.arguments(params[parameter.name], config) for parameter in given)
        return [*self.arguments, *(argument for arguments in built for argument in arguments)]

    def refuse(self, params: Mapping[str, Any], config: ProjectConfig) -> None:
        """Refuse what can be seen to be impossible in this project before a worker tries.

        Raises:
            InvalidParams: by field.
        """
        given = (parameter for parameter in self.parameters if parameter.name in params)
        refusals = {p.name: p.refusal(params[p.name], config) for p in given}
        errors = {f"params.{name}": [reason] for name, reason in refusals.items() if reason}
        if errors:
            raise InvalidParams(errors)

    @cached_property
    def _serializer(self) -> type[StrictSerializer]:
        fields = {parameter.name: parameter.field() for parameter in self.parameters}
        return type("CommandParams", (StrictSerializer,), dict(fields))


@dataclass(frozen=True)
class TaskType:
    """A type of task: a workflow whose name it is, and the commands that it knows.

    Args:
        name: how requests name it.
        title: what a person reads.

    Raises:
        ImproperlyConfigured: two commands share a name, or one of several has none.
    """

    name: str
    title: str
    commands: tuple[Command, ...]

    def __post_init__(self) -> None:
        names = [command.name for command in self.commands]
        if len(set(names)) != len(names) or ("" in names and len(names) > 1) or not names:
            raise ImproperlyConfigured(
                f"The commands of the type {self.name} need names of their own. Only the single "
                "command of a type may go without."
            )

    def command(self, name: str) -> Command:
        """The command of that name.

        Raises:
            InvalidParams: there is none; the sentence lists those that there are.
        """
        for command in self.commands:
            if command.name == name:
                return command
        known = ", ".join(command.name for command in self.commands)
        if not known:
            sentence = f"The type {self.name} has no commands. Leave this field out."
        elif name:
            sentence = f"{self.name} has no command {name!r}. Known commands: {known}."
        else:
            sentence = f"Name the command of {self.name}. Known commands: {known}."
        code = "unknown_command" if name else "required"
        raise InvalidParams({"command": [ErrorDetail(sentence, code=code)]})


_registry: dict[str, TaskType] = {}


def add(declared: TaskType) -> None:
    """Put a type into the registry. Use `tasks.projects.workflow.register`, which makes the
    workflow, too."""
    _registry[declared.name] = declared


def get(name: str) -> TaskType:
    """The type of that name.

    Raises:
        InvalidParams: there is none; the sentence lists those that there are.
    """
    if name not in _registry:
        sentence = f"There is no type {name!r}. Known types: {', '.join(names()) or 'none'}."
        raise InvalidParams({"type": [ErrorDetail(sentence, code="unknown_type")]})
    return _registry[name]


def names() -> list[str]:
    """The names of all types."""
    return sorted(_registry)
