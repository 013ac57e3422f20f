"""One change of a task: the row is locked, checked, written and told of, or nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from tasks import counters, events, publisher, search
from tasks.errors import Superseded, TaskNotFound
from tasks.lifecycle.guards import holds
from tasks.masking import mask, masked
from tasks.models import StepRun, TaskEvent, TaskState, TaskText
from tasks.prepared import ByTask, read_together
from tasks.statements import Statement, execute, insert, or_nothing, update
from tasks.states import EventType, Measure, State, StepState, sources_of
from tasks.webhooks import outbox

DETAILS_LENGTH = 500
READABLE = {"details", "error_message"}
"""Fields that people read, and that therefore hold no secrets."""
STEP_FIELDS = [
    field.name
    for field in StepRun._meta.concrete_fields
    if field.name not in {"id", "task", "position", "name", "weight"}
]
"""What of a step ever changes."""


class Change:
    """What is about to happen to one locked task. `changing` commits it."""

    def __init__(
        self, task: TaskState, steps: list[StepRun], now: datetime, *, is_locked: bool = True
    ) -> None:
        self.task = task
        self.steps = steps
        """The task's steps in order, if `changing` was asked for them."""
        self.now = now
        self._is_locked = is_locked
        self._was = {"state": task.state, "run": task.run}
        if not is_locked:
            # Whatever becomes of a task has a number in its history.
            self._was |= {"last_seq": task.last_seq, "lease_holder": task.lease_holder}
        self._fields: set[str] = set()
        self._steps: dict[int, StepRun] = {}
        self._steps_were = {step.pk: dict(vars(step)) for step in steps}
        self._events: list[TaskEvent] = []
        self._along: list[Statement] = []
        self._has_ended = False
        self._counts: list[counters.Count] = []

    def set(self, **fields: Any) -> None:
        """Set fields of the task. A new state must be entered from one that leads to it."""
        if "state" in fields and self.task.state not in sources_of(fields["state"]):
            raise Superseded(f"The task is {self.task.state} and cannot become {fields['state']}.")
        for name in READABLE & fields.keys():
            fields[name] = mask(fields[name])
        if "details" in fields:
            # Cut only now: a mask may be longer than what it hides, and a cut may hide the mark
            # by which a secret is known.
            fields["details"] = fields["details"][:DETAILS_LENGTH]
        for name, value in fields.items():
            setattr(self.task, name, value)
        self._fields.update(fields)

    def write_step(self, step: StepRun) -> None:
        """Write the step as it is when the change is committed."""
        self._steps[step.pk] = step

    def write_steps_now(self) -> None:
        """Do not wait for the commit: somebody is about to look for them in the database."""
        for step in self._steps.values():
            step.save()
            self._steps_were.pop(step.pk, None)
        self._steps.clear()

    def write_along(self, statements: Iterable[Statement]) -> None:
        """Execute something else in the same transaction."""
        self._along.extend(statements)

    def drop_lease(self) -> None:
        self.set(lease_holder="", lease_expires_at=None)

    def tell(self, type_: EventType, message: str = "", step: str = "", **data: Any) -> None:
        """Append an event that carries the task's state and percent as they are now."""
        self.task.last_seq += 1
        self._fields.add("last_seq")
        self._events.append(
            TaskEvent(
                task_id=self.task.pk,
                seq=self.task.last_seq,
                type=type_,
                state=self.task.state,
                percent=self.task.percent,
                step=step or self.task.current_step,
                message=mask(message),
                data=masked(data),
                at=self.now,
            )
        )

    def reserve(self, count: int) -> int:
        """Take the next `count` numbers of the history, for rows that the caller writes: the first
        of them."""
        first = self.task.last_seq + 1
        self.task.last_seq += count
        self._fields.add("last_seq")
        return first

    def count(self, measure: Measure, step: str = "") -> None:
        """Add one to a total."""
        self._counts.append(counters.Count(measure, self.task.workflow, step))

    def count_time(self, measure: Measure, step: str, state: str, since: datetime) -> None:
        """Add one to a total of what takes time: it has taken from `since` until now."""
        seconds = (self.now - since).total_seconds()
        self._counts.append(counters.timed(measure, self.task.workflow, step, state, seconds))

    def end(self, state: State, message: str, **fields: Any) -> None:
        """Bring the task to a final state, with the event and the webhook that say so."""
        self._has_ended = True
        self.drop_lease()
        self.set(
            state=state,
            finished_at=self.now,
            next_dispatch_at=None,
            details=message,
            **fields,
        )
        self.count_time(Measure.RUN, "", state, self.task.queued_at)
        data = {"error_code": self.task.error_code} if self.task.error_code else {}
        self.tell(EventType.STATE, message, **data)

    def end_step(self, step: StepRun, state: StepState, message: str = "", **data: Any) -> None:
        """Bring a step to a state in which nobody works on it, with the event that says so."""
        # A step that waits for its backoff is not in an attempt.
        if step.state == StepState.RUNNING and step.attempt_started_at:
            self.count_time(Measure.ATTEMPT, step.name, state, step.attempt_started_at)
        step.state = state
        step.finished_at = self.now
        step.error_message = mask(step.error_message)
        self.write_step(step)
        self.tell(
            EventType.STEP,
            message,
            step=step.name,
            step_state=state,
            done=step.done,
            total=step.total,
            attempt=step.attempts,
            **data,
        )

    def commit(self) -> None:
        """Write the task under its guard, then all else; tell the watchers after the commit."""
        if "error_message" in self._fields:
            TaskText.objects.filter(task=self.task).update(text=search.text_of(self.task))
        # Last, so that the rows that everybody counts in are locked for the shortest time.
        counts = list(counters.additions(self._counts))
        if self._has_ended and self.task.callback_url:
            self._execute(self._statements())
            # Only now: the webhook shows the task as the whole change leaves it.
            outbox.put(self.task, self.now)
            execute(counts)
        else:
            self._execute([*self._statements(), *counts])
        if self._events:
            payloads = [events.payload(event) for event in self._events]
            transaction.on_commit(lambda: publisher.publish(self.task.pk, payloads))

    def _execute(self, statements: Iterable[Statement]) -> None:
        changed = execute(statements)
        if self._fields and not changed:
            raise Superseded

    def _statements(self) -> Iterator[Statement]:
        if self._fields:
            written = update(self.task, self._fields, **self._was)
            yield written if self._is_locked else or_nothing(written)
        for step in self._steps.values():
            if fields := self._fields_to_write(step):
                yield update(step, fields)
        if self._events:
            yield insert(self._events)
        yield from self._along

    def _fields_to_write(self, step: StepRun) -> list[str]:
        """Those that differ from what was read; all where that is not known."""
        was = self._steps_were.get(step.pk)
        if was is None:
            return STEP_FIELDS
        return [name for name in STEP_FIELDS if was[name] != getattr(step, name)]


_locked = ByTask(lambda task_id: TaskState.objects.select_for_update().filter(pk=task_id))
_locked_unless_busy = ByTask(
    lambda task_id: TaskState.objects.select_for_update(skip_locked=True).filter(pk=task_id)
)
_steps = ByTask(lambda task_id: StepRun.objects.filter(task_id=task_id).order_by("position"))


@contextmanager
def changing(
    task_id: UUID,
    guard: Q | None = None,
    *,
    skip_locked: bool = False,
    with_steps: bool = False,
) -> Iterator[Change]:
    """Lock the task, let the block decide what happens, and commit it all at once.

    `seq` is taken under the row's lock, so the order of commits is the order of events. (SQLite
    has no row locks; its transactions begin IMMEDIATE and so run one after another.)

    Args:
        guard: what must hold of the task.
        skip_locked: do not wait for somebody who is changing the task at this moment.
        with_steps: read its steps, too.

    Raises:
        TaskNotFound: no guard was given, and there is no such task.
        Superseded: the task does not fulfil `guard`, or is skipped.
    """
    with transaction.atomic():
        locked = _locked_unless_busy if skip_locked else _locked
        rows, *steps = read_together(task_id, locked, *([_steps] if with_steps else []))
        task = next(iter(rows), None)
        if task is None and guard is None:
            raise TaskNotFound
        if task is None or (guard and not holds(guard, task)):
            raise Superseded
        change = Change(task, steps[0] if steps else [], timezone.now())
        yield change
        change.commit()


@contextmanager
def changing_at_once(task: TaskState, steps: list[StepRun]) -> Iterator[Change]:
    """Change a task that this process knows without reading it, in one trip to the database.

    Several statements that are sent together are one transaction (PostgreSQL, "Message Flow",
    multiple statements in a simple query). So the block must ask the database nothing.

    Args:
        task, steps: as the caller left them, and everybody else has.

    Raises:
        Superseded: somebody has changed the task since. Nothing is written; `changing` may help.
    """
    change = Change(task, steps, timezone.now(), is_locked=False)
    yield change
    try:
        change.commit()
    except (DataError, IntegrityError) as error:
        raise Superseded from error


def can_be_at_once() -> bool:
    """Whether statements that are sent now are a transaction by themselves."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block
