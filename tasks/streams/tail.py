"""The end of a task's history, kept in memory for all who watch it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from operator import attrgetter

from tasks.events import WireEvent

TAIL_EVENTS = 4_000
TAIL_CHARACTERS = 1_000_000
"""What a tail holds at most. Watchers that are further behind read pages of the history."""


class Tail:
    """Every event after `floor` up to `last`, the older ones forgotten as newer ones come.

    Args:
        floor: the number of the event that it begins after.
    """

    def __init__(self, floor: int) -> None:
        self.floor = self.last = floor
        self._events: list[WireEvent] = []
        self._characters = 0

    def read(self, events: Iterable[WireEvent]) -> None:
        """Take what the database has after some earlier `last`. Numbers it lacks do not exist."""
        for event in events:
            if event.seq > self.last:
                self._append(event)

    def hear(self, events: Iterable[WireEvent]) -> bool:
        """Take what continues the tail, and say whether nothing is missing before the rest."""
        for event in events:
            if event.seq == self.last + 1:
                self._append(event)
            elif event.seq > self.last:
                return False
        return True

    def after(self, seq: int, limit: int) -> list[WireEvent]:
        """Up to `limit` events after `seq`, which must not be before the floor."""
        start = bisect_right(self._events, seq, key=attrgetter("seq"))
        return self._events[start : start + limit]

    def _append(self, event: WireEvent) -> None:
        self._events.append(event)
        self._characters += len(event.json)
        self.last = event.seq
        if len(self._events) > TAIL_EVENTS or self._characters > TAIL_CHARACTERS:
            self._forget_older_half()

    def _forget_older_half(self) -> None:
        forgotten = self._events[: (len(self._events) + 1) // 2]
        del self._events[: len(forgotten)]
        self._characters -= sum(len(event.json) for event in forgotten)
        self.floor = forgotten[-1].seq
