"""Waiting for what another thread, process or machine is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SELDOM = 0.25
"""Seconds. Who waits for long looks no more often than this: each look is a request to a server
that has something better to do."""


def eventually(look: Callable[[], T | None], seconds: float = 10, every: float = 0.05) -> T:
    """Look until there is something (anything true) to see, and return it.

    Args:
        every: seconds between the first looks; then it looks less and less often.

    Raises:
        AssertionError: there is nothing after so many `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:g} seconds; last seen: {seen!r}")
        time.sleep(every)
        every = max(every, min(every * 1.2, SELDOM))
    return seen
