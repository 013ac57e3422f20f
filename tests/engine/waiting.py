"""Waiting for what another thread, process or machine is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T | None], seconds: float = 10, every: float = 0.05) -> T:
    """Look until there is something (anything true) to see, and return it.

    Raises:
        AssertionError: there is nothing after so many `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:g} seconds; last seen: {seen!r}")
        time.sleep(every)
    return seen
