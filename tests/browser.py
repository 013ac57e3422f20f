"""Finds the Chromium that browser tests drive. Without one they are skipped, except in CI."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium found (apt-get install chromium, or put one of its names on PATH)"


def chromium() -> str | None:
    """The path of an installed Chromium or Chrome; None when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def is_required() -> bool:
    """Whether a missing Chromium is a failure. `.ci/run` says so."""
    return os.environ.get("REQUIRE_BROWSER") == "1"
