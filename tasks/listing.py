"""The dashboard's list of tasks: filtered, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q

from tasks import counting
from tasks.models import TaskQuerySet, TaskState
from tasks.states import State

PAGE_SIZE = 25
COUNT_LIMIT = 999


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks somebody wants to see. An empty field stands for all."""

    state: str = ""
    workflow: str = ""
    text: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> TaskFilter:
        """Read the filter from a page's query string; a state that does not exist is ignored."""
        state = query.get("state", "").upper()
        return cls(
            state=state if state in State else "",
            workflow=query.get("workflow", ""),
            text=query.get("q", "").strip(),
        )

    def apply(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Those of `tasks` that fit, whatever their state: see `in_state` for that."""
        if self.workflow:
            tasks = tasks.filter(workflow=self.workflow)
        return tasks.matching(self.text)

    def in_state(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Those of `tasks` in the state asked for."""
        return tasks.filter(state=self.state) if self.state else tasks

    def query_string(self, **changed: str) -> str:
        """The filter as a page's query string, with some of its fields changed."""
        fields = {"state": self.state, "workflow": self.workflow, "q": self.text} | changed
        return urlencode({name: value for name, value in fields.items() if value})


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice of the filter by state, with how many tasks it would show."""

    label: str
    count: str
    query: str
    is_current: bool


def tabs(tasks: TaskQuerySet, chosen: TaskFilter) -> list[Tab]:
    """A tab for each state, and before them one for all."""
    choices = [("", "All"), *State.choices]
    return [
        Tab(
            label=label,
            count=_capped_count(tasks.filter(state=state) if state else tasks),
            query=chosen.query_string(state=state),
            is_current=chosen.state == state,
        )
        for state, label in choices
    ]


def _capped_count(tasks: TaskQuerySet) -> str:
    count = counting.up_to(COUNT_LIMIT, tasks)
    return f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else str(count)


def page(tasks: TaskQuerySet, before: TaskState | None) -> tuple[list[TaskState], TaskState | None]:
    """One page of `tasks`, newest first, and the task after which the next page begins, if any.

    Args:
        before: only tasks older than this one. (A key, not an offset: what is submitted meanwhile
            shifts nothing.)
    """
    if before:
        tasks = tasks.filter(_order(before, "lt"))
    rows = list(tasks.select_related("owner").order_by("-created_at", "-id")[: PAGE_SIZE + 1])
    return rows[:PAGE_SIZE], rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None


def newer_count(tasks: TaskQuerySet, than: TaskState) -> str:
    """How many of `tasks` were submitted after `than`."""
    return _capped_count(tasks.filter(_order(than, "gt")))


def _order(task: TaskState, comparison: str) -> Q:
    beyond = Q(**{f"created_at__{comparison}": task.created_at})
    same_moment = Q(created_at=task.created_at, **{f"id__{comparison}": task.pk})
    # Implied by the rest, but an index cannot be entered by an OR.
    entry = Q(**{f"created_at__{comparison}e": task.created_at})
    return entry & (beyond | same_moment)
