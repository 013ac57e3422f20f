"""Reads variables of the environment within bounds. What is wrong with one is told in a sentence
that names the variable and says what to write."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

_RATE = re.compile(r"[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)")
_LATER = frozenset({"AGENTFORGE_ADMIN_USERNAME", "AGENTFORGE_ADMIN_PASSWORD"})
"""What is read only when it is needed, after the settings."""


class CheckedEnv(Env):
    """Each method takes a variable's name and its default, and raises `ImproperlyConfigured`.

    Numbers may be from `least` to `most`. A text that may be empty stands for "not set" when it
    is. No sentence repeats a URL: it may hold a password.
    """

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number."""
        try:
            value = self.int(name, default)
        except EnvError:
            value = None
        if value is None or not least <= value <= most:
            raise _wrong(name, os.environ[name], f"Write a whole number from {least} to {most}.")
        return value

    def seconds(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number of seconds, with or without a fraction."""
        try:
            value = self.float(name, default)
        except EnvError:
            value = None
        if value is None or not least <= value <= most:
            advice = f"Write a number of seconds from {least:g} to {most:g}."
            raise _wrong(name, os.environ[name], advice)
        return value

    def days(self, name: str, default: int) -> int:
        """A number of days; 0 stands for ever."""
        return self.whole(name, default, least=0, most=36_500)

    def switch(self, name: str, default: bool) -> bool:
        """Yes or no, in any of the words that are usual for it."""
        try:
            return self.bool(name, default)
        except EnvError as error:
            raise _wrong(name, os.environ[name], "Write true or false.") from error

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        """One of `choices`."""
        value = self.str(name, default)
        if value not in choices:
            raise _wrong(name, value, f"Write one of {', '.join(choices)}.")
        return value

    def level(self, name: str, default: str) -> str:
        """A level of `logging`, in upper or lower case."""
        levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        value = self.str(name, default)
        if value.upper() not in levels:
            raise _wrong(name, value, f"Write one of {', '.join(levels)}.")
        return value.upper()

    def rate(self, name: str, default: str) -> str:
        """How many in which time, such as 600/min."""
        value = self.str(name, default)
        if not _RATE.fullmatch(value):
            advice = "Write a number and sec, min, hour or day, such as 600/min."
            raise _wrong(name, value, advice)
        return value

    def program(self, name: str) -> str:
        """A program that is there, by its path or its name; off; or an empty text."""
        value = self.str(name, "").strip()
        if value not in ("", "off") and shutil.which(value) is None:
            raise _wrong(name, value, "Write the path of a program that may be run, or off.")
        return value

    def server(self, name: str, schemes: Sequence[str]) -> str:
        """A URL that begins with one of `schemes`, or an empty text."""
        value = self.str(name, "").strip()
        if value and value.partition("://")[0] not in schemes:
            choices = ", ".join(f"{scheme}://" for scheme in schemes)
            raise ImproperlyConfigured(
                f"{name} is no URL of a kind that can be used. Begin it with one of: {choices}."
            )
        return value

    def unknown_variables(self) -> list[str]:
        """The variables called AGENTFORGE_… that are set and that nothing has read."""
        known = self.dump().keys() | _LATER
        return sorted(n for n in os.environ if n.startswith("AGENTFORGE_") and n not in known)


def refuse_above(smaller: tuple[str, int], larger: tuple[str, int]) -> None:
    """Refuse two settings, as (name, value), of which the first is above the second."""
    if smaller[1] > larger[1]:
        raise ImproperlyConfigured(
            f"{smaller[0]} is {smaller[1]}, which is more than {larger[0]} ({larger[1]}). "
            "Lower the first or raise the second."
        )


def _wrong(name: str, value: str, advice: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} cannot be {value!r}. {advice}")
