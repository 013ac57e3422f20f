"""The parameters that a command may have: how each is checked, and what it becomes on the command
line.

A value never becomes an option of its own: one that begins with a dash is joined to its option, as
`--input=--help`, and what stands alone is a file's absolute path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from tasks.api.strict import Text
from tasks.projects import files
from tasks.projects.config import ProjectConfig

Field = serializers.Field[Any, Any, Any, Any]

LONGEST_ARGUMENT = 20_000
"""Characters. Linux takes no argument of more than 128 kB, and each may have four bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(ABC):
    """One parameter of a command.

    Args:
        name: as requests name it. The option is called alike, with dashes: `main_tab` is
            `--main-tab`.
        required: whether a request must give it.
        help: what `/schema` and the errors' readers are told.
    """

    name: str
    required: bool = False
    help: str = ""

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    @abstractmethod
    def field(self) -> Field:
        """What checks a value."""

    @abstractmethod
    def arguments(self, value: Any, config: ProjectConfig) -> list[str]:
        """What a checked value adds to the command.

        Raises:
            PermanentError: it turns out to be impossible on this machine.
        """

    def refusal(self, value: Any, config: ProjectConfig) -> str:
        """What is wrong with a checked value in this project; empty if nothing is."""
        return ""

    def _joined(self, value: str) -> list[str]:
        return [f"{self.option}={value}"] if value.startswith("-") else [self.option, value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Parameter):
    """An option without a value, which is there or not."""

    def field(self) -> Field:
        return Switch(required=self.required, help_text=self.help)

    def arguments(self, value: Any, config: ProjectConfig) -> list[str]:
        return [self.option] if value else []


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOption(Parameter):
    """An option with a text."""

    max_length: int = LONGEST_ARGUMENT

    def field(self) -> Field:
        return Text(required=self.required, max_length=self.max_length, help_text=self.help)

    def arguments(self, value: Any, config: ProjectConfig) -> list[str]:
        return self._joined(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeOption(Parameter):
    """An option with a whole number from `least` to `most`."""

    least: int
    most: int

    def field(self) -> Field:
        return Whole(
            required=self.required,
            min_value=self.least,
            max_value=self.most,
            help_text=self.help,
        )

    def arguments(self, value: Any, config: ProjectConfig) -> list[str]:
        return self._joined(str(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileArgument(Parameter):
    """A file within the project's paths. It stands alone, as an absolute path."""

    def field(self) -> Field:
        return Text(required=self.required, max_length=4096, help_text=self.help)

    def arguments(self, value: Any, config: ProjectConfig) -> list[str]:
        return [str(files.found(value, config.paths, config.directory))]

    def refusal(self, value: Any, config: ProjectConfig) -> str:
        return files.outside(value, config.paths, config.directory)


class Switch(serializers.BooleanField):
    """True or false. DRF's own field takes words and numbers for them, too."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A whole number. DRF's own field takes a text for one, too."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)
