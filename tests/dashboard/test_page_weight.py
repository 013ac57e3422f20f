"""How much a page makes a browser load before anything is cached: markup, styles and scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from tasks import listing
from tests.dashboard import builds
from tests.dashboard.html import page

LIMIT = 100_000
"""Bytes, uncompressed, without fonts and without the library for charts."""
CHARTS = "uPlot"
IMPORTED = re.compile(r'from "\./([\w-]+\.js)"')


def loaded(file: Path, seen: set[Path]) -> set[Path]:
    """A script with all that it imports, or a style sheet."""
    if CHARTS not in file.name and file not in seen:
        seen.add(file)
        for name in IMPORTED.findall(file.read_text()) if file.suffix == ".js" else ():
            loaded(file.parent / name, seen)
    return seen


@pytest.mark.parametrize("name", ["overview", "list", "task"])
def test_a_page_is_light(browser_of_staff: Client, staff: User, name: str) -> None:
    task = builds.failed(staff, name="A name of a usual length")
    for number in range(listing.PAGE_SIZE):
        builds.scraping(staff, name=f"A name of a usual length {number}")
    addresses = {
        "overview": "/",
        "list": "/dashboard/tasks/",
        "task": f"/dashboard/tasks/{task.pk}/",
    }
    response = browser_of_staff.get(addresses[name])
    files: set[Path] = set()
    for tag in page(response).select("link[rel=stylesheet], script[src]"):
        path = str(tag.get("href") or tag.get("src")).removeprefix("/static/")
        loaded(Path(str(finders.find(path))), files)
    weight = len(response.content) + sum(file.stat().st_size for file in files)
    assert weight < LIMIT, weight
