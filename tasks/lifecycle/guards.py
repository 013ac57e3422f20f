"""What must hold of a task's row for a change to be made."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from django.db.models import Q

from tasks.models import TaskState

LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "in": lambda value, choices: value in choices,
    "lt": lambda value, bound: value is not None and value < bound,
    "isnull": lambda value, is_null: (value is None) == is_null,
}


def holds(guard: Q, task: TaskState) -> bool:
    """Whether the task, whose row is locked, is as `guard` says.

    A guard is a `Q` because updates that read no row have it in their WHERE. A row that is read
    under its lock cannot change any more, and asking the database once more would only take time.

    Only what concerns rows of other tables is asked for. They change under the same lock.

    Raises:
        ValueError: the guard has an OR, a NOT or a lookup that is not among `LOOKUPS`.
    """
    if _reaches_other_tables(guard):
        return TaskState.objects.filter(guard, pk=task.pk).exists()
    if guard.connector != Q.AND or guard.negated:
        raise ValueError(f"A guard joins its conditions by AND alone, unlike {guard}.")
    return all(_is_met(condition, task) for condition in guard.children)


def _reaches_other_tables(guard: Q) -> bool:
    paths = [condition[0] for condition in guard.children if isinstance(condition, tuple)]
    return any(path.startswith("steps__") for path in paths)


def _is_met(condition: Any, task: TaskState) -> bool:
    if isinstance(condition, Q):
        return holds(condition, task)
    path, expected = condition
    name, _, lookup = path.partition("__")
    compare = LOOKUPS.get(lookup or "exact")
    if compare is None:
        raise ValueError(f"A guard cannot compare by {lookup}. Add it to LOOKUPS.")
    return compare(getattr(task, name), expected)
