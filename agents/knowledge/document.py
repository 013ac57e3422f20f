"""What reading a page or a file gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Document:
    """A page's main content.

    `markdown` is empty if the page holds no text; `language` is a two-letter code or empty;
    `published` is the day of publication, where the page says one; `note` is a sentence for its
    owner where not all of it could be read.
    """

    title: str
    description: str
    language: str
    markdown: str
    published: date | None = None
    note: str = ""
