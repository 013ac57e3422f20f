"""When to try a page again."""

from __future__ import annotations

import random

RETRIED_STATUSES = frozenset({429, 502, 503, 504})
"""HTTP statuses that pass by themselves."""


def backoff_seconds(attempt: int, *, base: float, cap: float) -> float:
    """Exponential backoff with full jitter, in seconds, after the `attempt`-th try (from 0).

    See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return random.uniform(0, min(cap, base * 2**attempt))  # noqa: S311 (no secret depends on it)
