"""The small website that the builds of a run are made from."""

from __future__ import annotations

import time

from tests.site import Handler, Page, Site, answer

PAGES = 24
SECONDS_A_PAGE = 0.04


def website() -> Site:
    """A website whose pages hold a fact each and take a moment, so that kills find them at it."""
    pages: dict[str, Page] = {f"/page{n}.html": _slow(_page(n)) for n in range(2, PAGES)}
    return Site({"/": _page(1), **pages})


def _page(number: int) -> str:
    children = [n for n in (2 * number, 2 * number + 1) if n < PAGES]
    links = "".join(f'<a href="/page{n}.html">page {n}</a>' for n in children)
    sections = "".join(
        f"<h2>Part {part}</h2><p>Harbour {number} has a crane of {number * part + 3} tonnes at its "
        f"quay {part}. The keeper of quay {part} oils it on day {number} of each month.</p>"
        for part in range(1, 4)
    )
    return (
        f"<!doctype html><html lang=en><title>Harbour {number}</title>"
        f"<main><h1>Harbour {number}</h1>{sections}{links}</main></html>"
    )


def _slow(text: str) -> Page:
    def handle(handler: Handler) -> None:
        time.sleep(SECONDS_A_PAGE)
        answer(handler, text)

    return handle
