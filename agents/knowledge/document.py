"""What reading a page gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Document:
    """A page's main content.

    `markdown` is empty if the page holds no text; `language` is a two-letter code or empty;
    `published` is the day of publication, where the page says one.
    """

    title: str
    description: str
    language: str
    markdown: str
    published: date | None = None
