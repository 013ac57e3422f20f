"""What a free text finds: tasks whose subject or error contains it, or whose id it is.

Each task has a row of `TaskText` beside it, which holds that text folded. It is a table of its own
because its trigram index (see `tasks.text_index`) would otherwise be written again with every
change of a task, and a task changes twenty times where its text changes once.
"""

from __future__ import annotations

import contextlib
import unicodedata
from datetime import datetime
from itertools import chain, repeat
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.db.models.sql.where import WhereNode

from tasks import text_index
from tasks.models import TaskQuerySet, TaskState, TaskText
from tasks.states import RETRYABLE

FEW = 200
"""A text that no more tasks contain is rare: all of them are looked up."""
GLANCE = 300
"""Rows of a list in which a text is looked for before the index is asked: a common one is there."""
ENOUGH = 20_000
"""So many tasks with the text are tried for whether they are in the list at all."""
AT_ONCE = 250
"""How many of them the index is asked for in one query, at least."""
MOST_AT_ONCE = 1000
"""How many of them are tried in one query."""
SLACK = 500
"""A text is written before so many others are that belong to tasks of a later time."""
STEPS = (1, 16)
"""How many shelves of the index are gone through in turn; the last number is repeated."""


class Contains(Exists):
    """Whether a task's text contains `folded`. A list that is cut short finds those by the index
    (see `narrowed`)."""

    def __init__(self, folded: str) -> None:
        self.folded = folded
        super().__init__(TaskText.objects.filter(task=OuterRef("pk"), text__contains=folded))


def condition(text: str) -> Q | Contains:
    """What is true of the tasks that a free text finds.

    Asks the database how common the text is, to say it in the cheaper way.
    """
    folded = fold(text)
    if not folded:
        return Q()
    hits = text_index.some(folded, FEW + 1)
    if len(hits) > FEW:
        return Contains(folded)
    with contextlib.suppress(ValueError):
        hits.append(UUID(text))
    return Q(pk__in=hits)


def text_of(task: TaskState) -> str:
    """What a free text is looked for in."""
    return fold(task.subject, task.error_code, task.error_message)


def ending(state: str) -> str:
    """The state, if it is one by which tasks are found, too. Of the others, there are either many
    that succeeded or few that are not finished, and those change most often."""
    return state if state in RETRYABLE else ""


def fold(*texts: str) -> str:
    """The texts as they are compared, one a line: without differences of case and accents.

    This is the compatibility caseless matching of the Unicode Standard, section 3.13, which takes
    `ß` for `ss` and a ligature for its letters; marks such as accents are left out, too. Done here
    and not by the database, so that each database finds the same.
    """
    decomposed = unicodedata.normalize("NFKD", "\n".join(texts).replace("\x00", "\ufffd"))
    caseless = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(letter for letter in caseless if not unicodedata.combining(letter))


def narrowed(tasks: TaskQuerySet, stop: int) -> TaskQuerySet:
    """A query whose first `stop` rows are those of `tasks`, without a search through all others.

    A database either reads everything that contains a text, or looks for it along the list. This
    looks along the list for a moment, and then goes through the index from there, as far as it
    takes to find enough. What is ordered by anything but the time of creation stays as it is.
    """
    folded, rest = _taken_apart(tasks)
    order = _order(rest)
    if order is None or len(folded) < text_index.SHORTEST:
        return tasks
    found = _Hunt(rest, folded, order, stop).ids()
    if found is None:
        return tasks
    # They have been found to fulfil all other conditions.
    rest.query.where = WhereNode()
    return rest.filter(pk__in=found)


def _taken_apart(tasks: TaskQuerySet) -> tuple[str, TaskQuerySet]:
    """The text that is looked for, if it is a common one, and the query without it."""
    rest = tasks.all()
    conditions = rest.query.where.children
    for each in conditions:
        if isinstance(each, Exact) and isinstance(each.lhs, Contains):
            conditions.remove(each)
            return each.lhs.folded, rest
    return "", rest


def _order(tasks: TaskQuerySet) -> str | None:
    """The order by time of creation that the query has, empty if it has none; None if it has
    another one."""
    query = tasks.query
    ordering = query.order_by or (query.get_meta().ordering if query.default_ordering else ())
    first = str(ordering[0]) if ordering else ""
    return first if first in ("", "created_at", "-created_at") else None


def _ending(tasks: TaskQuerySet) -> str:
    """The ending that the query asks for."""
    for each in tasks.query.where.children:
        if isinstance(each, Exact) and isinstance(each.lhs, Col) and each.rhs in RETRYABLE:
            return str(each.rhs) if each.lhs.target.name == "state" else ""
    return ""


def _looked_up(tasks: TaskQuerySet, task_ids: list[UUID]) -> TaskQuerySet:
    """Those of `tasks` that have one of the ids, which are looked up one by one."""
    found = tasks.all()
    if found.query.where.children:
        # A double negation hides what an index could be used for: SQLite would rather read all
        # tasks of an owner than a few hundred by their ids.
        denied = WhereNode([found.query.where], negated=True)
        found.query.where = WhereNode([WhereNode([denied], negated=True)])
    return found.filter(pk__in=task_ids)


class _Hunt:
    """The hunt for the first tasks of a list that contain a text.

    Args:
        tasks: the list, whatever its tasks contain.
        order: by `created_at` or by `-created_at`; empty if any will do.
        count: how many are wanted.
    """

    def __init__(self, tasks: TaskQuerySet, folded: str, order: str, count: int) -> None:
        self._tasks = tasks.select_related(None).prefetch_related(None).order_by()
        self._folded = folded
        self._order = order or "-created_at"
        self._direction = -1 if self._order.startswith("-") else 1
        self._slack = SLACK if order else 0
        self._ending = _ending(tasks)
        self._count = count
        self._tried = 0
        self._unchecked: list[UUID] = []
        self._found: set[tuple[datetime, UUID]] = set()

    def ids(self) -> list[UUID] | None:
        """The ids of the first of them; None if that would take too long."""
        if not self._is_over():
            return None
        in_order = sorted(self._found, reverse=self._direction < 0)
        return [task_id for _, task_id in in_order[: self._count]]

    def _is_over(self) -> bool:
        """Look along the list, and then in the index: whether all that are wanted are found."""
        listed = self._tasks.order_by(self._order, self._order.replace("created_at", "id"))
        glance = listed.values_list("created_at", "pk", "text__id", "text__text")[:GLANCE]
        rows = list(glance)
        self._found.update((at, pk) for at, pk, _, text in rows if text and self._folded in text)
        if len(rows) < GLANCE or len(self._found) >= self._count:
            return True
        begin = rows[-1][2]
        end = listed.reverse().values_list("text__id", flat=True)[0]
        return bool(begin and end) and self._is_over_by_index(begin, end)

    def _is_over_by_index(self, begin: int, end: int) -> bool:
        """Add what stands from the text `begin` to the text `end`, until it is enough."""
        at = begin - self._direction * SLACK
        last = end + self._direction * SLACK
        for shelves in chain(STEPS, repeat(STEPS[-1])):
            beyond = at + self._direction * shelves * text_index.SHELF
            stood = self._through(at, beyond - self._direction)
            if self._tried > ENOUGH:
                return False
            if self._is_enough() or (beyond - last) * self._direction > 0:
                if self._slack:
                    self._take(stood, stood + self._direction * (self._slack - 1), self._slack)
                self._check()
                return True
            at = beyond
        return False

    def _through(self, begin: int, end: int) -> int:
        """Take what stands from the text `begin` to the text `end`, or until it is enough: the
        first text that was not looked at."""
        limit = max(AT_ONCE, self._count)
        while (end - begin) * self._direction >= 0 and self._tried <= ENOUGH:
            last = self._take(begin, end, limit)
            if last is None:
                return end + self._direction
            begin = last + self._direction
            if self._is_enough():
                break
        return begin

    def _take(self, begin: int, end: int, limit: int) -> int | None:
        """Take the first `limit` of them in hand: the last one, or None if there are no more."""
        hits = text_index.between(self._folded, begin, end, self._ending, limit)
        self._tried += len(hits)
        self._unchecked += [task_id for _, task_id in hits]
        return hits[-1][0] if len(hits) == limit else None

    def _is_enough(self) -> bool:
        """Whether so many are found as are wanted. Those in hand are only tried for whether they
        are in the list when they could be enough."""
        if len(self._found) + len(self._unchecked) >= self._count:
            self._check()
        return len(self._found) >= self._count

    def _check(self) -> None:
        for start in range(0, len(self._unchecked), MOST_AT_ONCE):
            some = self._unchecked[start : start + MOST_AT_ONCE]
            self._found.update(_looked_up(self._tasks, some).values_list("created_at", "pk"))
        self._unchecked = []
