"""Retries or cancels many tasks, a moment at a time, through the verbs that do so for one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.enums import TextChoices

from tasks import lifecycle, permissions
from tasks.acts import Act
from tasks.errors import EngineError
from tasks.models import TaskQuerySet
from tasks.states import ACTIVE, RETRYABLE

PAGE = 100
MOMENT = 1.0
"""Seconds after which `carry_out` lets its caller say how far it is."""

Place = tuple[datetime, UUID]
"""When a task was submitted, and its id: where it stands among the others."""


class Verb(TextChoices):
    """What is done to each of them."""

    RETRY = "retry", "Retry"
    """Where it failed or was cancelled."""
    START_OVER = "start", "Start over"
    """The same from its first step."""
    CANCEL = "cancel", "Cancel"
    """While it is unfinished."""


@dataclass(slots=True)
class Progress:
    """What has become of some of them.

    Args:
        refused: those that somebody else was faster with, or that may not be touched.
        reason: why the last one was refused.
        place: the last one that was tried; None if none is left.
    """

    done: int = 0
    refused: int = 0
    reason: str = ""
    place: Place | None = None


def touched(tasks: TaskQuerySet, verb: Verb, by: Any, until: datetime) -> TaskQuerySet:
    """Those of `tasks` that the verb has something to do with, and that `by` may do it to.

    Args:
        until: those submitted later are left alone: whoever has decided has not seen them.
    """
    states = ACTIVE if verb == Verb.CANCEL else RETRYABLE
    fitting = tasks.filter(state__in=states, created_at__lte=until)
    return permissions.those(by, act_of(verb), fitting)


def act_of(verb: Verb) -> Act:
    """The word of permissions for the verb."""
    return Act.CANCEL if verb == Verb.CANCEL else Act.RETRY


def carry_out(
    tasks: TaskQuerySet, verb: Verb, by: Any, after: Place | None, seconds: float = MOMENT
) -> Progress:
    """Do it to the next of `tasks`, newest first, each of them once.

    Args:
        after: the last one that was tried before.
        seconds: after which no further one is begun.
    """
    deadline = time.monotonic() + seconds
    progress = Progress()
    act = _act(verb, by)
    for created_at, task_id in _places(tasks, after):
        try:
            act(task_id)
        except EngineError as error:
            progress.refused += 1
            progress.reason = str(error)
        else:
            progress.done += 1
        if time.monotonic() >= deadline:
            progress.place = (created_at, task_id)
            break
    return progress


def _act(verb: Verb, by: Any) -> Callable[[UUID], object]:
    if verb == Verb.CANCEL:
        return partial(lifecycle.cancel, by=by)
    return partial(lifecycle.retry, by=by, start_over=verb == Verb.START_OVER)


def _places(tasks: TaskQuerySet, after: Place | None) -> Iterator[Place]:
    """By keys, a page at a time: what changes its state on the way shifts nothing."""
    in_order = tasks.order_by("-created_at", "-id").values_list("created_at", "id")
    while found := list((in_order.filter(_beyond(after)) if after else in_order)[:PAGE]):
        yield from found
        after = found[-1]


def _beyond(place: Place) -> Q:
    at, last = place
    # The first is implied by the rest, but an index cannot be entered by an OR.
    return Q(created_at__lte=at) & (Q(created_at__lt=at) | Q(created_at=at, id__lt=last))
