"""What reading a page gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A page's main content.

    `markdown` is empty if the page holds no text; `language` is a two-letter code or empty.
    """

    title: str
    description: str
    language: str
    markdown: str
