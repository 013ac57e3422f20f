"""Whose turn it is: entries that wait, handed out so that each host has its share."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agents.crawl.urls import origin_of

if TYPE_CHECKING:
    from agents.crawl.frontier import Entry


class Turns:
    """Entries that wait. The next one is of the host that has the fewest in hand, so that a slow
    host never holds up the others; those of one host come in their own order."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Entry]] = {}
        self._in_hand: Counter[str] = Counter()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        for entries in self._waiting.values():
            yield from entries

    def add(self, entry: Entry) -> None:
        """Let an entry wait for its turn."""
        heapq.heappush(self._waiting.setdefault(origin_of(entry.url), []), entry)
        self._size += 1

    def take(self) -> Entry | None:
        """The next entry, which is in hand from now on; None if none waits."""
        if not self._waiting:
            return None
        host = min(self._waiting, key=lambda host: (self._in_hand[host], self._waiting[host][0]))
        entry = heapq.heappop(self._waiting[host])
        if not self._waiting[host]:
            del self._waiting[host]
        self._in_hand[host] += 1
        self._size -= 1
        return entry

    def put_down(self, entry: Entry) -> None:
        """The entry is in hand no longer."""
        self._in_hand[origin_of(entry.url)] -= 1
