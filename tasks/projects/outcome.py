"""What comes out of a program: what its last line says, if that is a result."""

from __future__ import annotations

import json
from typing import Any

from tasks.masking import masked
from tasks.programs.last_line import LONGEST
from tasks.programs.streaming import Printed

TOO_LONG = (
    f"The last line is too long for a result: more than {LONGEST // 1024} kB. Store what is large, "
    "and print where it is."
)


def result_of(printed: Printed) -> dict[str, Any]:
    """The task's result.

    That of a last line `{"result": {…}}` is the object in it; any other value stands in it as
    `result`. Without such a line the result says how many lines there were.
    """
    value = None if printed.is_cut else _result(printed.last_line)
    if value is None:
        return {"lines": printed.lines}
    value = masked(value)
    # An `agent_id` would claim that the task has built that agent.
    if isinstance(value, dict) and "agent_id" not in value:
        return value
    return {"result": value}


def _result(line: str) -> Any:
    if not line.startswith("{"):
        return None
    try:
        told = json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return told.get("result")
