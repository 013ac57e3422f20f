"""A fan-out step as a whole: it is planned, released to its batches, and due again at their end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from tasks import percent, workflows
from tasks.lifecycle.change import Change
from tasks.lifecycle.endings import end_failed
from tasks.models import StepBatch, StepRun
from tasks.states import BatchState, EventType, StepState

ROWS_AT_ONCE = 500
BATCH_GRACE = timedelta(seconds=10)
"""How long the message of a batch may take before the sweep sends another."""

WINDOW = 32
"""Messages of one step that are under way at a time: enough for every process of some machines,
and few enough that a large step does not fill the queue ahead of everybody else's tasks."""


def write_plan(
    change: Change,
    step: StepRun,
    items: Sequence[Any],
    cut: Callable[[Sequence[Any]], list[Sequence[Any]]],
    line: Callable[[int, int], str],
) -> None:
    """Cut the items into batches, but for those that are in a batch already.

    Args:
        line: what a person reads when so many of so many items are done.
    """
    ahead = list(step.batches.all())
    taken = {_key(item) for batch in ahead for item in batch.items}
    left = [item for item in items if _key(item) not in taken] if ahead else items
    rows = [
        StepBatch(step=step, number=number, items=list(some), size=len(some))
        for number, some in enumerate(cut(left), start=len(ahead) + 1)
    ]
    StepBatch.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    step.planned_at = change.now
    step.done = sum(batch.size for batch in ahead if batch.state == BatchState.DONE)
    step.total = sum(batch.size for batch in [*ahead, *rows])
    step.save(update_fields=["planned_at", "done", "total"])
    base = percent.finished_weight(change.steps)
    details = line(step.done, step.total)
    change.set(percent=percent.of(base, step.weight, step.done, step.total), details=details)
    change.tell(EventType.PROGRESS, details, done=step.done, total=step.total)


def _key(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def release(change: Change, step: StepRun) -> int:
    """Leave the step to its batches; how many messages are to be sent for them."""
    waiting = step.batches.waiting().filter(Q(retry_at=None) | Q(retry_at__lte=change.now)).count()
    messages = min(waiting, WINDOW)
    step.unsent = waiting - messages
    step.save(update_fields=["unsent"])
    change.drop_lease()
    change.set(next_dispatch_at=next_look(change, step))
    return messages


def next_look(change: Change, step: StepRun) -> datetime | None:
    """When the sweep is to send the step again, if nobody has moved it by then.

    None while all that is left is in hand: leases look after that.
    """
    waiting = step.batches.waiting().aggregate(
        pending=Count("pk", filter=Q(state=BatchState.PENDING)), retry_at=Min("retry_at")
    )
    if waiting["pending"] or step.done == step.total:
        return change.now + BATCH_GRACE
    return waiting["retry_at"] + BATCH_GRACE if waiting["retry_at"] else None


def end_if_overdue(change: Change, step: StepRun) -> None:
    """End the task if the step, all its batches together, has run for longer than it may."""
    if step.state != StepState.RUNNING or not step.planned_at or not step.attempt_started_at:
        return
    declared = workflows.get(change.task.workflow).steps_from(step.name)[0]
    if (change.now - step.attempt_started_at).total_seconds() > declared.soft_time_limit:
        end_failed(
            change,
            step,
            "time_limit",
            f"The step {step.name} ran longer than its limit of {declared.soft_time_limit:g} s, "
            "all its batches together. Give the task less to do, or raise the step's limit.",
        )


def resume(step: StepRun) -> None:
    """Keep what a planned step has done; what is left is tried anew."""
    step.batches.unfinished().update(
        state=BatchState.PENDING,
        lease_holder="",
        lease_expires_at=None,
        retry_at=None,
        attempts=0,
        deaths=0,
        error_message="",
    )


def forget(step: StepRun) -> None:
    """Let the step be planned anew."""
    step.batches.all().delete()
    step.done = step.total = step.unsent = 0
    step.planned_at = None


def share_of(steps: Sequence[StepRun]) -> float:
    """The percent at which a run begins: what is finished, and what a planned step has done."""
    first = next((step for step in steps if step.state != StepState.SUCCESS), None)
    base = percent.finished_weight(steps)
    if first is None or not first.planned_at:
        return percent.of(base, 0, 0, 0)
    return percent.of(base, first.weight, first.done, first.total)
