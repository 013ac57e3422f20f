"""What a free text finds: tasks whose subject or error contains it, or whose id it is.

Each task has a row of `TaskText` beside it, which holds that text folded. It is a table of its own
because its trigram index (see `tasks.text_index`) would otherwise be written again with every
change of a task, and a task changes twenty times where its text changes once.

A search goes along those rows in the order in which the tasks were submitted, a page at a time. It
looks at so many of those that contain the text, and goes so far, and then says where it stopped: a
page may be short though there is more. So a page costs the same however many tasks there are, and
all pages together miss nothing.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, Max, Min, OuterRef, Q

from tasks import text_index
from tasks.models import TaskQuerySet, TaskState, TaskText
from tasks.text_index import SHELF, Hit, passed, sought

HITS = 200
"""So many texts that contain what is looked for are tried for a page."""
FEW = 200
"""A list of no more tasks is looked through whole: they may be few among many with the text."""
STEPS = (
    (passed, 500),
    (sought, SHELF),
    (sought, 8 * SHELF),
    *[(sought, 32 * SHELF)] * 2,
)
"""How a page is looked for, and in how many rows each time: a common text is there in the first
few. The steps grow, because a database first gathers all that it finds within one."""
STEPS_OF_SHORT = ((passed, SHELF),)
"""The same for texts that the index knows nothing of."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what a text finds, and the place where the search goes on: None at its end."""

    tasks: list[TaskState]
    further: int | None


@dataclass(frozen=True, slots=True)
class Located:
    """The same with nothing but the ids of the tasks, in the order of the page."""

    task_ids: list[UUID]
    further: int | None


@dataclass(frozen=True, slots=True)
class _Way:
    """A way along the texts by their ids, from `begin` to `end`, which is the smaller one on the
    way back to the oldest."""

    begin: int
    end: int
    direction: int

    def is_beyond(self, place: int) -> bool:
        return (place - self.end) * self.direction > 0


def page(
    tasks: TaskQuerySet,
    text: str,
    size: int,
    start: int | None = None,
    *,
    newest_first: bool = True,
) -> Found:
    """The next of `tasks` that contain the text, in the order of their submission.

    Args:
        tasks: what is read along with them (`select_related`) is not; its order does not count.
        text: one that `is_search` says yes to.
        size: how many tasks a page holds at the most. It may hold fewer, or none, and not be the
            last one.
        start: where the page before went on; None for the first page, which begins with the task
            that the text is the id of.
    """
    located = locate(tasks, text, size, start, newest_first=newest_first)
    shown = {task.pk: task for task in _listed(tasks, located.task_ids)}
    return Found([shown[pk] for pk in located.task_ids if pk in shown], located.further)


def locate(
    tasks: TaskQuerySet,
    text: str,
    size: int,
    start: int | None = None,
    *,
    newest_first: bool = True,
) -> Located:
    """The same page by the ids of its tasks, for whoever reads them in another way, or not."""
    way = _way(start, 1 - 2 * newest_first)
    hits, further = _hits(tasks, fold(text), way)
    named = _id(text)
    hits = [hit for hit in hits if hit[1] != named]
    if named and start is None:
        hits.insert(0, (way.begin - way.direction, named))
    listed = set(_listed(tasks, [pk for _, pk in hits]).values_list("pk", flat=True))
    found = [hit for hit in hits if hit[1] in listed]
    if len(found) > size:
        further = found[size - 1][0] + way.direction
    return Located([pk for _, pk in found[:size]], further)


def condition(text: str) -> Q:
    """What is true of all tasks that a free text finds; of all, if it is none."""
    if not is_search(text):
        return Q()
    contained = Q(text__text__contains=fold(text))
    named = _id(text)
    return contained | Q(pk=named) if named else contained


def is_search(text: str) -> bool:
    """Whether anything is looked for: not with blanks or nothing but accents."""
    return bool(fold(text))


def text_of(task: TaskState) -> str:
    """What a free text is looked for in."""
    return fold(task.subject, task.error_code, task.error_message)


def fold(*texts: str) -> str:
    """The texts as they are compared, one a line: without differences of case and accents.

    This is the compatibility caseless matching of the Unicode Standard, section 3.13, which takes
    `ß` for `ss` and a ligature for its letters; marks such as accents are left out, too. Done here
    and not by the database, so that each database finds the same.
    """
    decomposed = unicodedata.normalize("NFKD", "\n".join(texts).replace("\x00", "\ufffd"))
    caseless = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(letter for letter in caseless if not unicodedata.combining(letter))


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _listed(tasks: TaskQuerySet, task_ids: list[UUID]) -> TaskQuerySet:
    """Those of `tasks` that have one of the ids, in no order.

    Each is looked up by its id, and then in the list. With all conditions side by side, SQLite
    might rather read all tasks of an owner than a few hundred by their ids.
    """
    same = tasks.order_by().select_related(None).prefetch_related(None).filter(pk=OuterRef("pk"))
    return TaskState.objects.order_by().filter(Exists(same), pk__in=task_ids)


def _way(start: int | None, direction: int) -> _Way:
    """The way from `start`, or from its first text, to the last one that there is."""
    oldest, newest = (_outermost(kind("pk")) for kind in (Min, Max))
    first, last = (oldest, newest) if direction > 0 else (newest, oldest)
    return _Way(first if start is None else start, last, direction)


def _outermost(place: Min | Max) -> int:
    # One query each, for SQLite finds only one of them without reading all.
    return TaskText.objects.aggregate(place=place)["place"] or 0


def _hits(tasks: TaskQuerySet, folded: str, way: _Way) -> tuple[list[Hit], int | None]:
    """The next texts that contain `folded`, and where to go on; all of them in a short list."""
    few = list(tasks.prefetch_related(None).values_list("pk", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        hits = text_index.among(few, folded)[:: way.direction]
        return [hit for hit in hits if (hit[0] - way.begin) * way.direction >= 0], None
    hits, place = [], way.begin
    for look, rows in STEPS if len(folded) >= text_index.SHORTEST else STEPS_OF_SHORT:
        if way.is_beyond(place) or len(hits) == HITS:
            break
        last = place + way.direction * (rows - 1)
        hits += look(folded, place, last, HITS - len(hits))
        place = (hits[-1][0] if len(hits) == HITS else last) + way.direction
    return hits, None if way.is_beyond(place) else place
