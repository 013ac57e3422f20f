"""The frontier: URLs that were found and wait for their turn, on each host breadth first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.crawl.spelling import page_key
from agents.crawl.turns import Turns

KNOWN_PER_PAGE = 5
"""URLs that are kept for each page of `max_pages`. Only some pages are skipped, so a crawl that
has five times as many URLs as it may fetch needs no more of them."""

LEFT_OUT_KEPT = 1000
"""URLs outside the crawl that are remembered, each with its reason."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A URL of the crawl. Entries of one host sort in the order in which they are fetched.

    Args:
        depth: how many links it is away from a start URL.
        position: the order in which it was found, from 0.
    """

    depth: int
    position: int
    url: str


class Frontier:
    """Hands out each page once, in the spelling found first, and no more than `max_pages` that
    count. Hosts take turns: see `Turns`.

    A page counts when it was fetched or has failed; what was skipped does not.

    Args:
        max_pages: how many pages may be fetched or attempted.
        most_known: how many pages are remembered; by default `KNOWN_PER_PAGE` for each of those.
    """

    def __init__(self, max_pages: int, *, most_known: int | None = None) -> None:
        self.max_pages = max_pages
        self._most_known = most_known or KNOWN_PER_PAGE * max_pages
        self._urls: set[str] = set()
        self._owners: dict[str, int] = {}
        self._other_spellings: dict[str, str] = {}
        self._new_spellings: dict[int, str] = {}
        self._left_out: dict[str, Entry] = {}
        self._reserve: dict[str, str] = {}
        self._waiting = Turns()
        self._in_hand = 0
        self._counted = 0
        self._next_position = 0

    @property
    def open_pages(self) -> int:
        """Pages that still will be fetched: those in hand, and those for which there is room."""
        room = max(0, self.max_pages - self._counted)
        return min(len(self._waiting) + self._in_hand + len(self._reserve), room)

    @property
    def has_room(self) -> bool:
        """Whether one more page may be taken, if there is one."""
        return self._counted + self._in_hand < self.max_pages

    @property
    def open_starts(self) -> int:
        """Start URLs that wait."""
        return sum(entry.depth == 0 for entry in self._waiting)

    @property
    def urls(self) -> list[str]:
        """All URLs that were added."""
        return list(self._urls)

    @property
    def untaken(self) -> list[str]:
        """The URLs that wait, in the order of their turns."""
        return [entry.url for entry in sorted(self._waiting)] + list(self._reserve.values())

    def restore(
        self,
        waiting: Iterable[Entry],
        done: Iterable[tuple[Entry, str]],
        left_out: Iterable[Entry],
        spellings: Mapping[int, str],
        *,
        counted: int,
    ) -> None:
        """Take up an interrupted crawl.

        Args:
            waiting: entries without an outcome.
            done: entries with one, each with the URL to which it was redirected at last.
            left_out: entries that were not taken up.
            spellings: what `new_spellings` has told.
            counted: how many of the done ones count towards `max_pages`.
        """
        for entry, final_url in done:
            self._know(entry)
            self._owners.setdefault(page_key(final_url or entry.url), entry.position)
        for entry in waiting:
            self._queue(entry)
        for entry in left_out:
            self._left_out[page_key(entry.url)] = entry
            self._count_position(entry)
        for url in spellings.values():
            self._other_spellings[page_key(url)] = "" if url in self._urls else url
        self._counted = counted

    def knows(self, url: str) -> bool:
        """Whether the page is in the crawl, in this spelling or another."""
        if url in self._urls:
            return True
        key = page_key(url)
        if key not in self._owners:
            return False
        if key not in self._other_spellings:
            self._other_spellings[key] = self._new_spellings[self._owners[key]] = url
        return True

    def new_spellings(self) -> dict[int, str]:
        """The other spellings that were found since the last call, by the position of the page."""
        new, self._new_spellings = self._new_spellings, {}
        return new

    def add(self, url: str, depth: int) -> Entry | None:
        """Put a URL in the queue; None if its page is known already or there are too
        many. A start URL (depth 0) is never too many."""
        if self.knows(url) or (depth and self.is_full):
            return None
        left_out = self._left_out.pop(page_key(url), None)
        if left_out:
            return self._queue(Entry(depth, left_out.position, left_out.url))
        return self._queue(Entry(depth, self._next_position, url))

    def leave_out(self, url: str, depth: int) -> Entry | None:
        """Remember a URL that is not to be fetched; None if it is known or there are too many.
        Should it be added later, it is as if it had been from the start."""
        key = page_key(url)
        if key in self._left_out or key in self._owners or len(self._left_out) >= LEFT_OUT_KEPT:
            return None
        entry = self._left_out[key] = Entry(depth, self._next_position, url)
        self._count_position(entry)
        return entry

    def another_spelling(self, entry: Entry) -> Entry | None:
        """Queue the other spelling in which the page of `entry` was found, if there is one that
        was not tried. Once for each page: a site can make up spellings without end."""
        key = page_key(entry.url)
        url = self._other_spellings.get(key, "")
        self._other_spellings[key] = ""
        return self._queue(Entry(entry.depth, self._next_position, url)) if url else None

    def reserve(self, urls: Iterable[str]) -> None:
        """Keep URLs for when there are no others: those that a site lists, but does not link."""
        for url in urls:
            if len(self._owners) + len(self._reserve) >= self._most_known:
                return
            if (key := page_key(url)) not in self._owners:
                self._reserve.setdefault(key, url)

    def draw_reserve(self) -> None:
        """Queue the reserve, as if start pages linked to it."""
        reserved, self._reserve = self._reserve, {}
        for url in reserved.values():
            self.add(url, 1)

    def claim(self, url: str, entry: Entry) -> bool:
        """Whether `entry`, which redirects to `url`, may stand for it: no other entry does."""
        key = page_key(url)
        self._reserve.pop(key, None)
        return self._owners.setdefault(key, entry.position) == entry.position

    def take(self) -> Entry | None:
        """The next entry to fetch; None if there is none now, or no room for one more page."""
        if not self._waiting or not self.has_room:
            return None
        self._in_hand += 1
        return self._waiting.take()

    def settle(self, entry: Entry, *, counts: bool) -> None:
        """An entry that was taken has its outcome."""
        self._waiting.put_down(entry)
        self._in_hand -= 1
        self._counted += counts

    @property
    def is_full(self) -> bool:
        """Whether no further page is remembered."""
        return len(self._owners) >= self._most_known

    def _queue(self, entry: Entry) -> Entry:
        self._know(entry)
        self._waiting.add(entry)
        return entry

    def _know(self, entry: Entry) -> None:
        key = page_key(entry.url)
        self._urls.add(entry.url)
        self._owners[key] = entry.position
        self._reserve.pop(key, None)
        self._count_position(entry)

    def _count_position(self, entry: Entry) -> None:
        self._next_position = max(self._next_position, entry.position + 1)
