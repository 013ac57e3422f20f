"""A task's progress as lines of text, for every command that follows one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ProgressLines:
    """Puts events into lines: one whenever the step or the whole percent has changed."""

    def __init__(self) -> None:
        self._last = ("", -1)

    def line(self, event: Mapping[str, Any]) -> str:
        """What to print for `event`; empty when nothing has changed that a line shows.

        The percent is rounded down, because 100 % means SUCCESS and nothing else.
        """
        now = (event["step"] or event["state"], int(event["percent"]))
        if now == self._last:
            return ""
        self._last = now
        message = event["message"] or event["data"].get("step_state", "").lower()
        return f"{now[1]:>3} %  {now[0]:<9} {message}".rstrip()
