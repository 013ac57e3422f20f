"""Routes that stand with and without a trailing slash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

View = Callable[..., Any]


def route(pattern: str, view: View, name: str | None = None) -> list[URLPattern]:
    """The two patterns of one route; `pattern` has no trailing slash."""
    return [path(pattern, view, name=name), path(f"{pattern}/", view)]


def without_trailing_slashes(endpoints: list[tuple[str, ...]], **_: Any) -> list[tuple[str, ...]]:
    """Keep the schema to one path a route (a preprocessing hook of drf-spectacular)."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]
