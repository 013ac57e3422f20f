"""The frontier: URLs that were found and wait for their turn, breadth first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

KNOWN_PER_PAGE = 5
"""URLs that are kept for each page of `max_pages`. Only some pages are skipped, so a crawl that
has five times as many URLs as it may fetch needs no more of them."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A URL of the crawl. Entries sort in the order in which they are fetched.

    Args:
        depth: how many links it is away from a start URL.
        position: the order in which it was found, from 0.
    """

    depth: int
    position: int
    url: str


class Frontier:
    """Hands out each URL once, and no more than `max_pages` that count.

    A page counts when it was fetched or has failed; what was skipped does not.

    Args:
        max_pages: how many pages may be fetched or attempted.
    """

    def __init__(self, max_pages: int) -> None:
        self.max_pages = max_pages
        self._owners: dict[str, int] = {}
        self._waiting: list[Entry] = []
        self._in_hand = 0
        self._counted = 0
        self._next_position = 0

    @property
    def open_pages(self) -> int:
        """Pages that still will be fetched: those in hand, and those for which there is room."""
        room = max(0, self.max_pages - self._counted)
        return min(len(self._waiting) + self._in_hand, room)

    def restore(
        self, waiting: Iterable[Entry], done: Iterable[tuple[Entry, str]], *, counted: int
    ) -> None:
        """Take up an interrupted crawl.

        Args:
            waiting: entries without an outcome.
            done: entries with one, each with the URL to which it was redirected at last.
            counted: how many of them count towards `max_pages`.
        """
        for entry, final_url in done:
            self._know(entry)
            self._owners.setdefault(final_url or entry.url, entry.position)
        for entry in waiting:
            self._know(entry)
            heapq.heappush(self._waiting, entry)
        self._counted = counted

    def add(self, url: str, depth: int) -> Entry | None:
        """Put a URL in the queue; None if it is known already or there are too
        many. A start URL (depth 0) is never too many."""
        if url in self._owners or (depth and self._is_full):
            return None
        entry = Entry(depth, self._next_position, url)
        self._know(entry)
        heapq.heappush(self._waiting, entry)
        return entry

    def claim(self, url: str, entry: Entry) -> bool:
        """Whether `entry`, which redirects to `url`, may stand for it: no other entry does."""
        return self._owners.setdefault(url, entry.position) == entry.position

    def take(self) -> Entry | None:
        """The next entry to fetch; None if there is none now, or no room for one more page."""
        if not self._waiting or self._counted + self._in_hand >= self.max_pages:
            return None
        self._in_hand += 1
        return heapq.heappop(self._waiting)

    def settle(self, *, counts: bool) -> None:
        """An entry that was taken has its outcome."""
        self._in_hand -= 1
        self._counted += counts

    @property
    def _is_full(self) -> bool:
        return len(self._owners) >= KNOWN_PER_PAGE * self.max_pages

    def _know(self, entry: Entry) -> None:
        self._owners[entry.url] = entry.position
        self._next_position = max(self._next_position, entry.position + 1)
