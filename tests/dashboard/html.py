"""Reading our own pages as a browser does."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag


def page(response: Any, status: int = 200) -> BeautifulSoup:
    """The parsed page; the response must have the status expected."""
    assert response.status_code == status
    return BeautifulSoup(response.content, "lxml")


def one(parent: BeautifulSoup | Tag, selector: str) -> Tag:
    """The only element that a CSS selector finds."""
    found = parent.select(selector)
    assert len(found) == 1, f"{selector} found {len(found)} elements"
    return found[0]


def text(element: BeautifulSoup | Tag) -> str:
    """What stands in an element, with its white space collapsed."""
    return " ".join(element.get_text(" ").split())


def texts(parent: BeautifulSoup | Tag, selector: str) -> list[str]:
    """What stands in each element that a CSS selector finds."""
    return [text(element) for element in parent.select(selector)]
