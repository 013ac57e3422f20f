"""What comes out of a program: what its last line says, if that is a result."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from tasks.masking import masked
from tasks.programs.last_line import LONGEST
from tasks.programs.streaming import Printed

TOO_LONG = (
    f"The last line is too long for a result: more than {LONGEST // 1024} kB. Store what is large, "
    "and print where it is."
)

_NULL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""A null character as JSON writes it. PostgreSQL refuses it."""


def result_of(printed: Printed) -> dict[str, Any]:
    """The task's result.

    That of a last line `{"result": {…}}` is the object in it; any other value stands in it as
    `result`. Without such a line the result says how many lines there were.
    """
    value = None if printed.is_cut else _result(printed.last_line)
    if value is None:
        return {"lines": printed.lines}
    # An `agent_id` would claim that the task has built that agent.
    if isinstance(value, dict) and "agent_id" not in value:
        return value
    return {"result": value}


def _result(line: str) -> Any:
    if not line.startswith("{"):
        return None
    try:
        told = json.loads(
            _NULL.sub(r"\1\\ufffd", line), parse_constant=_nothing, parse_float=_finite
        )
        # Halves of characters, which no encoding has, become question marks.
        value = json.dumps(told.get("result"), ensure_ascii=False).encode(errors="replace")
        return masked(json.loads(value))
    except (ValueError, RecursionError):
        return None


def _nothing(_: str) -> None:
    """What stands for NaN and Infinity, which are no JSON."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None
