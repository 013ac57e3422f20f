"""A website with something to know, and the API of the stack that builds an agent from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.site import Handler, Page, Site, answer
from tests.stack import Stack

PAGES = 40


def page(number: int) -> str:
    """One of many pages, each with a fact of its own, and a link to the two after it."""
    links = "".join(
        f'<a href="/page{n}.html">page {n}</a>' for n in (2 * number, 2 * number + 1) if n < PAGES
    )
    return (
        f"<!doctype html><html lang=en><title>Page {number}</title><main><h1>Page {number}</h1>"
        f"<p>The reactor of district {number} is cooled by river number {number * 7}. Its keepers "
        f"change the filters on day {number} of each month.</p>{links}</main></html>"
    )


class Gate:
    """Lets so many requests pass, and holds the others until it is opened."""

    def __init__(self, free: int) -> None:
        self._free = threading.Semaphore(free)
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def pages(self) -> dict[str, Page]:
        """The website's pages, behind this gate."""
        gated: dict[str, Page] = {
            f"/page{number}.html": self.holds(page(number)) for number in range(2, PAGES)
        }
        return {"/": page(1), **gated}

    def holds(self, text: str) -> Page:
        """A page behind this gate."""

        def handle(handler: Handler) -> None:
            if not self._free.acquire(blocking=False):
                self._open.wait(30)
            answer(handler, text)

        return handle


@pytest.fixture(scope="session")
def api(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


@pytest.fixture
def website(site: Site) -> Site:
    site.pages.update({"/": page(1)} | {f"/page{n}.html": page(n) for n in range(2, PAGES)})
    return site
