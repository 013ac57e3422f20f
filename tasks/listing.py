"""The dashboard's list of tasks: filtered, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Q, prefetch_related_objects

from tasks import counting, search
from tasks.models import TaskQuerySet, TaskState, TaskText
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

    @property
    def is_search(self) -> bool:
        """Whether a text is looked for: `apply` leaves that to the pages."""
        return search.is_search(self.text)

    def apply(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Those of `tasks` that fit, whatever their state (see `in_state`) and text."""
        return tasks.filter(workflow=self.workflow) if self.workflow else tasks

    def in_state(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Those of `tasks` in the state asked for."""
        return tasks.filter(state=self.state) if self.state else tasks

    def query_string(self, **changed: str) -> str:
        """The filter as a page's query string, with some of its fields changed."""
        fields = {"state": self.state, "workflow": self.workflow, "q": self.text} | changed
        return urlencode({name: value for name, value in fields.items() if value})


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice of the filter by state, with how many tasks it would show, if that is counted."""

    label: str
    count: str
    query: str
    is_current: bool


def tabs(tasks: TaskQuerySet, chosen: TaskFilter) -> list[Tab]:
    """A tab for each state, and before them one for all. What a text finds is not counted: for
    that, all of it would have to be found."""
    choices = [("", "All"), *State.choices]
    return [
        Tab(
            label=label,
            count=""
            if chosen.is_search
            else _capped_count(replace(chosen, state=state).in_state(tasks)),
            query=chosen.query_string(state=state),
            is_current=chosen.state == state,
        )
        for state, label in choices
    ]


def _capped_count(tasks: TaskQuerySet) -> str:
    count = counting.up_to(COUNT_LIMIT, tasks)
    return f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else str(count)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list.

    Args:
        older: the query string of the next page, empty if there is none.
        is_cut: it ends where a search paused, and not because it is full.
    """

    tasks: list[TaskState]
    older: str
    is_cut: bool = False


def page(tasks: TaskQuerySet, chosen: TaskFilter, before: TaskState | None) -> Page:
    """One page of `tasks`, newest first.

    Args:
        before: only tasks older than this one. (A key, not an offset: what is submitted meanwhile
            shifts nothing.)
    """
    if before:
        tasks = tasks.filter(_order(before, "lt"))
    rows = list(tasks.select_related("owner").order_by("-created_at", "-id")[: PAGE_SIZE + 1])
    has_more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    return Page(rows, chosen.query_string(before=str(rows[-1].pk)) if has_more else "")


def found_page(tasks: TaskQuerySet, chosen: TaskFilter, start: int | None) -> Page:
    """One page of those of `tasks` that the text finds, newest first.

    Args:
        start: where the search of the page before paused.
    """
    found = search.page(tasks, chosen.text, PAGE_SIZE, start)
    prefetch_related_objects(found.tasks, "owner")
    if found.further is None:
        return Page(found.tasks, "")
    older = chosen.query_string(start=str(found.further))
    return Page(found.tasks, older, is_cut=len(found.tasks) < PAGE_SIZE)


def newer_count(tasks: TaskQuerySet, chosen: TaskFilter, than: TaskState) -> str:
    """How many of `tasks` were submitted after `than`; of those that the text finds, if there is
    one, as many as a search finds at once."""
    if not chosen.is_search:
        return _capped_count(tasks.filter(_order(than, "gt")))
    place = TaskText.objects.filter(task=than).values_list("pk", flat=True).first()
    if place is None:
        return "0"
    located = search.locate(tasks, chosen.text, search.HITS, place + 1, newest_first=False)
    has_more = located.task_ids and located.further is not None
    return f"{len(located.task_ids)}{'+' if has_more else ''}"


def _order(task: TaskState, comparison: str) -> Q:
    beyond = Q(**{f"created_at__{comparison}": task.created_at})
    same_moment = Q(created_at=task.created_at, **{f"id__{comparison}": task.pk})
    # Implied by the rest, but an index cannot be entered by an OR.
    entry = Q(**{f"created_at__{comparison}e": task.created_at})
    return entry & (beyond | same_moment)
