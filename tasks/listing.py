"""The dashboard's list of tasks: filtered, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import F, Q, prefetch_related_objects

from tasks import counting, dead_letters, search, waiting
from tasks.models import StepRun, TaskQuerySet, TaskState, TaskText
from tasks.states import State
from tasks.waiting import Waiting

PAGE_SIZE = 25
PAGE_SIZES = (PAGE_SIZE, 50, 100, 200)
COUNT_LIMIT = 999
NO_STEP = "-"
"""What a filter says for dead letters that failed before their first step."""


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks somebody wants to see. An empty field stands for all.

    Args:
        step: the one that failed, of dead letters; `NO_STEP` for none.
        error: the code of their error.
    """

    state: str = ""
    workflow: str = ""
    owner: str = ""
    agent: str = ""
    step: str = ""
    error: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    size: int = PAGE_SIZE

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> TaskFilter:
        """Read the filter from a page's query string; a value that cannot be one is ignored."""
        state = query.get("state", "").upper()
        size = query.get("size", "")
        return cls(
            state=state if state in State else "",
            workflow=query.get("workflow", ""),
            owner=query.get("owner", "").strip(),
            agent=_read(UUID, query.get("agent", "").strip()),
            step=query.get("step", "").strip(),
            error=query.get("error", "").strip(),
            since=_read(date.fromisoformat, query.get("since", "")),
            until=_read(date.fromisoformat, query.get("until", "")),
            text=query.get("q", "").strip(),
            size=next((each for each in PAGE_SIZES if str(each) == size), PAGE_SIZE),
        )

    @property
    def is_search(self) -> bool:
        """Whether a text is looked for: `apply` leaves that to the pages."""
        return search.is_search(self.text)

    def apply(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Those of `tasks` that fit, whatever their state (see `in_state`) and text."""
        fields = {"workflow": self.workflow, "agent_id": self.agent}
        given: dict[str, object] = {field: value for field, value in fields.items() if value}
        if self.is_of_dead_letters:
            step = "" if self.step == NO_STEP else self.step or None
            tasks = dead_letters.select(tasks, step=step, error_code=self.error or None)
        if self.owner:
            # By the id, which the indexes know; nobody's tasks have 0.
            named = get_user_model()._default_manager.filter(username=self.owner)
            given["owner_id"] = named.values_list("pk", flat=True).first() or 0
        if self.since:
            given["created_at__gte"] = _midnight(self.since)
        if self.until:
            given["created_at__lt"] = _midnight(self.until) + timedelta(days=1)
        return tasks.filter(**given)

    @property
    def is_of_dead_letters(self) -> bool:
        """Whether it asks for what only they have: a step that failed, or an error."""
        return bool(self.step or self.error)

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for more than a state and a text."""
        others = (self.owner, self.agent, self.step, self.error, self.since, self.until)
        return any(others)

    @property
    def fields(self) -> dict[str, str]:
        """The filter as the parameters of a page, without those that stand for all."""
        given = {
            "state": self.state,
            "workflow": self.workflow,
            "owner": self.owner,
            "agent": self.agent,
            "step": self.step,
            "error": self.error,
            "since": self.since,
            "until": self.until,
            "q": self.text,
            "size": "" if self.size == PAGE_SIZE else str(self.size),
        }
        return {name: value for name, value in given.items() if value}

    def in_state(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Those of `tasks` in the state asked for."""
        if self.is_of_dead_letters and self.state not in ("", State.FAILED):
            return tasks.none()
        return tasks.filter(state=self.state) if self.state else tasks

    def query_string(self, **changed: str) -> str:
        """The filter as a page's query string, with some of its fields changed."""
        return urlencode({name: value for name, value in (self.fields | changed).items() if value})


def _read(type_: Callable[[str], object], text: str) -> str:
    """The text as its type writes it; empty if it is none of that type."""
    try:
        return str(type_(text)) if text else ""
    except ValueError:
        return ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """A task as a list shows it.

    Args:
        attempts: how often its current step has been tried in this run.
    """

    task: TaskState
    waiting: Waiting | None
    attempts: int


def rows(tasks: Iterable[TaskState]) -> list[Row]:
    """The tasks with all else that their rows say, in three queries or so for all of them."""
    tasks = list(tasks)
    why = waiting.reasons(tasks)
    current = StepRun.objects.filter(task__in=tasks, name=F("task__current_step")).order_by()
    attempts = dict(current.values_list("task_id", "attempts")) if tasks else {}
    return [Row(task, why.get(task.pk), attempts.get(task.pk, 0)) for task in tasks]


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
    in_order = tasks.select_related("owner").order_by("-created_at", "-id")
    found = list(in_order[: chosen.size + 1])
    has_more = len(found) > chosen.size
    shown = found[: chosen.size]
    return Page(shown, chosen.query_string(before=str(shown[-1].pk)) if has_more else "")


def found_page(tasks: TaskQuerySet, chosen: TaskFilter, start: int | None) -> Page:
    """One page of those of `tasks` that the text finds, newest first.

    Args:
        start: where the search of the page before paused.
    """
    found = search.page(tasks, chosen.text, chosen.size, start)
    prefetch_related_objects(found.tasks, "owner")
    if found.further is None:
        return Page(found.tasks, "")
    older = chosen.query_string(start=str(found.further))
    return Page(found.tasks, older, is_cut=len(found.tasks) < chosen.size)


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
