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
        at_once: how many rows `remove` gets at a time.
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
    removed: Counter[str] = Counter()
    waiting = list(_rules)
    while waiting:
        for rule in tuple(waiting):
            if time.monotonic() >= deadline:
                return dict(removed)
            count = _remove_chunk(rule)
            removed[rule.title] += count
            if not count:
                waiting.remove(rule)
    return dict(removed)


def _remove_chunk(rule: Rule) -> int:
    before = rule.before
    if before is None:
        return 0
    try:
        keys = list(rule.due(before).values_list("pk", flat=True)[: rule.at_once])
        return rule.remove(keys, before) if keys else 0
    except Exception:
        # Rows that cannot be removed must not hold up the other rules.
        logger.exception("Could not remove %s", rule.title)
        return 0


@shared_task(name="engine.clean_up", ignore_result=True, acks_late=False)
def clean_up_for_a_moment() -> dict[str, int]:
    """The periodic clean-up: what went, by the title of the rule."""
    removed = {title: count for title, count in clean_up(RUN_SECONDS).items() if count}
    if removed:
        logger.info("Removed %s", ", ".join(f"{n} {title}" for title, n in removed.items()))
    return removed
