"""Removes what has been kept long enough, a chunk at a time.

Each part of the product registers a `Rule` for the rows it wants to see the end of; the periodic
task `engine.clean_up` and `manage.py clean_up` apply them all.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

logger = logging.getLogger(__name__)

CHUNK_SECONDS = 0.1
"""How long removing a chunk should take, and so how long somebody may have to wait for its lock."""

RUN_SECONDS = 2.0
"""How long one periodic run may take: it occupies a worker that the sweep may be waiting for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of row that is not kept for ever.

    Args:
        title: what goes, for people; unique.
        setting: the name of the setting that says for how many days it is kept, 0 for ever.
        due: the rows to remove, given the moment before which they must have become useless. It
            is read every minute, so it needs an index.
        remove: removes rows by their primary keys, unless they are useful again since `due` found
            them; returns how many it removed.
        at_once: how many rows `remove` gets at a time, at most.
    """

    title: str
    setting: str
    due: Callable[[datetime], QuerySet[Any]]
    remove: Callable[[list[Any], datetime], int]
    at_once: int = 200

    @property
    def before(self) -> datetime | None:
        """The moment up to which rows go; None if they are kept for ever."""
        days: int = getattr(settings, self.setting)
        return timezone.now() - timedelta(days=days) if days else None


_rules: list[Rule] = []


def register(*rules: Rule) -> None:
    """Have the rules applied, in this order, by every clean-up."""
    _rules.extend(rules)


def due() -> dict[str, int]:
    """How many rows each rule would remove now, by its title."""
    return {
        rule.title: rule.due(before).count()
        for rule in _rules
        if (before := rule.before) is not None
    }


def clean_up(seconds: float = math.inf) -> dict[str, int]:
    """Remove what is due, chunk after chunk, until nothing is left or the time is over.

    The rules take turns, so that a long backlog of one does not hold up the others.

    Args:
        seconds: after which no further chunk is begun.

    Returns:
        how many rows went, by the title of their rule.
    """
    deadline = time.monotonic() + seconds
    waiting = [Removal(rule) for rule in _rules]
    removed: Counter[str] = Counter()
    while waiting:
        for removal in tuple(waiting):
            if time.monotonic() >= deadline:
                return dict(removed)
            count = removal.remove_chunk()
            removed[removal.rule.title] += count
            if not count:
                waiting.remove(removal)
    return dict(removed)


class Removal:
    """The chunks of one rule, as large as fits into `CHUNK_SECONDS`."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._at_once = rule.at_once

    def remove_chunk(self) -> int:
        """Remove the next rows, and leave others as much time: how many went."""
        begun = time.monotonic()
        count = self._remove()
        taken = time.monotonic() - begun
        factor = 0.5 if taken > CHUNK_SECONDS else 2
        self._at_once = min(max(int(self._at_once * factor), 1), self.rule.at_once)
        if count:
            # Whoever waits for SQLite's only lock looks for it now and then, and must find it free.
            time.sleep(taken)
        return count

    def _remove(self) -> int:
        before = self.rule.before
        if before is None:
            return 0
        try:
            keys = list(self.rule.due(before).values_list("pk", flat=True)[: self._at_once])
            return self.rule.remove(keys, before) if keys else 0
        except Exception:
            # Rows that cannot be removed must not hold up the other rules.
            logger.exception("Could not remove %s", self.rule.title)
            return 0


@shared_task(name="engine.clean_up", ignore_result=True, acks_late=False)
def clean_up_for_a_moment() -> dict[str, int]:
    """The periodic clean-up: what went, by the title of the rule."""
    removed = {title: count for title, count in clean_up(RUN_SECONDS).items() if count}
    if removed:
        logger.info("Removed %s", ", ".join(f"{n} {title}" for title, n in removed.items()))
    return removed
