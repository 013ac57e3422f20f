"""What programs print: thousands of events a second that differ only in seq and message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from django.db import connection, transaction

from tasks import events, publisher
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.work import Claim
from tasks.masking import mask
from tasks.models import TaskEvent
from tasks.statements import insert, inserted_fields
from tasks.states import EventType


def log_lines(claim: Claim, lines: Sequence[str]) -> None:
    """Append the lines that a program has written to the task's history, each as its own event.

    `Change.tell` and `insert` prepare every column of every row, which takes ten times as long
    as what is done here: the first row is prepared, and the others are made of it.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        first = _first_event(change, len(lines))
        numbered = list(enumerate(_masked(lines), start=first.seq))
        _insert(first, numbered)
        shared = events.payload(first)
        payloads = [
            events.EventPayload(**{**shared, "seq": seq, "message": message})
            for seq, message in numbered
        ]
        transaction.on_commit(partial(publisher.publish, claim.task_id, payloads))


def _first_event(change: Change, count: int) -> TaskEvent:
    task = change.task
    return TaskEvent(
        task=task,
        seq=change.reserve(count),
        type=EventType.LOG,
        state=task.state,
        percent=task.percent,
        step=task.current_step,
        data={"level": "info", "stream": "stdout"},
        at=change.now,
    )


def _masked(lines: Sequence[str]) -> Sequence[str]:
    """Masked all at once, as a text; one by one where a secret reaches over the end of a line."""
    together = mask("\n".join(lines)).split("\n")
    return together if len(together) == len(lines) else [mask(line) for line in lines]


def _insert(first: TaskEvent, numbered: Iterable[tuple[int, str]]) -> None:
    sql, values = insert([first])
    names = [field.name for field in inserted_fields(TaskEvent)]
    row = dict(zip(names, values, strict=True))
    with connection.cursor() as cursor:
        cursor.executemany(
            sql,
            [tuple({**row, "seq": seq, "message": message}.values()) for seq, message in numbered],
        )
