"""What an earlier crawl of the same site knows, for one that looks for changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agents.crawl.links import PageLinks
from agents.crawl.validators import Validators


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was.

    Args:
        url: where it was found at last, after redirects: its validators hold there only.
    """

    url: str
    validators: Validators


class Earlier(Protocol):
    """The pages of an earlier crawl."""

    def seen(self, url: str) -> Seen | None:
        """The page, if the server need not send it again; None if it must be fetched in full."""
        ...

    async def links(self, url: str) -> PageLinks:
        """Where the page led; to nothing if that is not known."""
        ...


class Nothing:
    """No crawl came before. See `Earlier`."""

    def seen(self, url: str) -> Seen | None:
        return None

    async def links(self, url: str) -> PageLinks:
        return PageLinks([])
