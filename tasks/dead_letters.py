"""Tasks that failed after every retry they were allowed: in groups, and back into the queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone

from tasks import lifecycle, permissions, workflows
from tasks.acts import Act
from tasks.errors import EngineError
from tasks.models import TaskQuerySet

GROUPS = 100
"""How many groups are listed at the most."""
RETRIED_AT_ONCE = 500
"""How many a request may retry at the most: it takes a few seconds."""
PAGE = 200


@dataclass(frozen=True, slots=True)
class Group:
    """The dead letters of one workflow that failed in the same step with the same error."""

    workflow: str
    step: str
    error_code: str
    count: int
    newest_at: datetime
    newest_task_id: UUID
    sample_message: str
    """The error of the newest one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a retry of many."""

    retried: int
    refused: int
    """Those that somebody else was faster with, and those that cannot be retried."""


def select(
    tasks: TaskQuerySet,
    workflow: str | None = None,
    step: str | None = None,
    error_code: str | None = None,
) -> TaskQuerySet:
    """The dead letters among `tasks`, narrowed down by what is given."""
    asked = {"workflow": workflow, "failed_step": step, "error_code": error_code}
    given = {field: value for field, value in asked.items() if value is not None}
    return tasks.dead_letters().filter(**given)


def groups(letters: TaskQuerySet) -> list[Group]:
    """The dead letters by workflow, step and error; the group that grew last comes first."""
    counted = (
        letters.order_by()
        .values_list("workflow", "failed_step", "error_code")
        .annotate(count=Count("*"), newest=Max("finished_at"))
        .order_by("-newest")[:GROUPS]
    )
    return [group for row in counted if (group := _group(letters, *row))]


def error_codes(tasks: TaskQuerySet) -> list[str]:
    """The codes of the errors that dead letters among `tasks` have, in order."""
    letters = tasks.dead_letters().order_by("error_code").values_list("error_code", flat=True)
    codes: list[str] = []
    # One query each: no database jumps in an index from one value to the next by itself, and all
    # letters would be read to find a handful of codes.
    beyond = letters
    while len(codes) < GROUPS and (code := beyond.first()) is not None:
        codes.append(code)
        beyond = letters.filter(error_code__gt=code)
    return codes


def _group(
    letters: TaskQuerySet, workflow: str, step: str, code: str, count: int, newest: datetime
) -> Group | None:
    """None where somebody has retried all of them since they were counted."""
    newest_first = select(letters, workflow, step, code).order_by("-finished_at")
    sample = newest_first.values_list("pk", "error_message").first()
    return Group(workflow, step, code, count, newest, *sample) if sample else None


def retry(
    letters: TaskQuerySet, by: Any, *, start_over: bool = False, at_most: int | None = None
) -> Outcome:
    """Retry each dead letter, longest dead first, in a transaction of its own.

    Those that fail again meanwhile are not retried a second time.

    Args:
        by: who asks, a user or the name of a program of ours.
        start_over: repeat every step; else each goes on at the step that failed.
        at_most: how many are retried before the rest is left as it is.

    Raises:
        NotAllowed: all of them are other people's, and `by` has not the permission.
    """
    allowed = permissions.those(by, Act.RETRY, letters)
    if not allowed.exists() and (other := letters.first()):
        permissions.require(by, Act.RETRY, other)
    # However many tasks a workflow that is gone has left, or other people own: one query, and they
    # hold up no others.
    retryable = allowed.filter(workflow__in=workflows.names())
    refused = letters.count() - retryable.count()
    retried = 0
    for task_id in _longest_dead_first(retryable):
        if retried == at_most:
            break
        try:
            lifecycle.retry(task_id, by, start_over)
        except EngineError:
            refused += 1
        else:
            retried += 1
    return Outcome(retried, refused)


def _longest_dead_first(letters: TaskQuerySet) -> Iterator[UUID]:
    """By keys, a page at a time: what is retried on the way shifts nothing."""
    rest = letters.filter(finished_at__lte=timezone.now()).order_by("finished_at", "pk")
    page = rest
    while found := list(page.values_list("finished_at", "pk")[:PAGE]):
        yield from (task_id for _, task_id in found)
        at, last = found[-1]
        beyond = Q(finished_at__gt=at) | Q(finished_at=at, pk__gt=last)
        # Implied by the rest, but an index cannot be entered by an OR.
        page = rest.filter(beyond, finished_at__gte=at)
