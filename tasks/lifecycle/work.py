"""What a worker does with a step: claim it, keep the lease, report, and end it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import singledispatch
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from tasks import leases, percent, workflows
from tasks.errors import StepAlreadyDone, Superseded
from tasks.lifecycle import fan_out
from tasks.lifecycle.change import Change, can_be_at_once, changing, changing_at_once
from tasks.lifecycle.endings import end_cancelled, end_failed
from tasks.lifecycle.snapshot import Snapshot
from tasks.lifecycle.sweeping import bury
from tasks.models import StepRun, TaskState
from tasks.statements import Statement
from tasks.states import ACTIVE, EventType, State, StepState

BEGUN = "A worker has begun."
NEXT_STEP_GRACE = timedelta(seconds=10)
"""How long the chain's next message may take before the sweep sends another."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to execute one attempt at one step, as long as the lease is renewed."""

    task_id: UUID
    run: int
    step: str
    attempt: int
    tries: int
    """The attempts that the step itself ended or will end: those whose worker died are none."""
    holder: str
    weight: int
    base: int
    """The sum of the weights of the steps before this one."""
    owner_id: int
    params: dict[str, Any]
    outputs: dict[str, dict[str, Any]] = field(repr=False)
    is_planned: bool
    """Whether the step has been cut into batches."""
    snapshot: Snapshot = field(default_factory=Snapshot, repr=False, compare=False, kw_only=True)
    """The task as the claim left it, while this attempt has written nothing else."""

    @property
    def is_last(self) -> bool:
        """Whether the task ends with this step."""
        return self.base + self.weight == 100

    @property
    def guard(self) -> Q:
        """What must hold of the task's row for this attempt to write anything."""
        # The holder alone would not do: a process that goes on with the next step keeps the lease.
        return Q(
            run=self.run,
            state=State.RUNNING,
            lease_holder=self.holder,
            current_step=self.step,
        )


class LeaseCheck(Enum):
    """What a worker learns when it looks after its lease."""

    HELD = "held"
    CANCEL = "cancel"
    """Somebody asked for the task's end."""
    LOST = "lost"
    """Another worker, or another run, has taken over."""


def lease_end() -> Any:
    """When a lease ends that is granted or renewed now."""
    return timezone.now() + timedelta(seconds=settings.AGENTFORGE_LEASE_SECONDS)


def claim(task_id: UUID, run: int, step_name: str, celery_task_id: str) -> Claim:
    """Take the lease on a step, if it is this step's turn and nobody works on the task.

    Raises:
        StepAlreadyDone: the step has finished; its chain may go on.
        Superseded: a message of an older run, a second delivery, or the task has ended meanwhile.
    """
    with changing(task_id, Q(run=run, state__in=ACTIVE), with_steps=True) as change:
        step = _next_step(change.steps, step_name)
        _refuse_while_held(change.task, step)
        if change.task.lease_holder:
            bury(change, step)
        else:
            fan_out.end_if_overdue(change, step)
        if change.task.cancel_requested and not change.task.is_finished:
            end_cancelled(change)
        granted = None if change.task.is_finished else _grant(change, step, celery_task_id)
    if granted is None:
        raise Superseded
    return granted


def _next_step(steps: list[StepRun], name: str) -> StepRun:
    unfinished = [step for step in steps if step.state != StepState.SUCCESS]
    if name not in {step.name for step in unfinished}:
        raise StepAlreadyDone
    if unfinished[0].name != name:
        raise Superseded(f"It is not the turn of {name} yet.")
    return unfinished[0]


def _refuse_while_held(task: TaskState, step: StepRun) -> None:
    now = timezone.now()
    if leases.is_held(task, now):
        raise Superseded("Another worker holds the lease.")
    # Clocks of two machines may differ a little; a real early delivery is seconds early.
    if step.retry_at and step.retry_at > now + timedelta(seconds=1):
        raise Superseded("The step waits for its backoff.")


def _grant(change: Change, step: StepRun, celery_task_id: str) -> Claim:
    task, now, holder = change.task, change.now, leases.current_holder()
    change.set(lease_holder=holder, next_dispatch_at=None, current_step=step.name)
    if not leases.lasts(task, now):
        change.set(lease_expires_at=lease_end())
    if step.name in workflows.get(task.workflow).undone_steps:
        change.set(undo_pending=True)
    if task.state == State.QUEUED:
        change.set(state=State.RUNNING, started_at=now, details=BEGUN)
        change.tell(EventType.STATE, BEGUN)
    step.celery_task_id = celery_task_id
    if step.state == StepState.RUNNING:
        # A fan-out step whose batches are at work or done: the same attempt goes on.
        change.write_step(step)
    else:
        _begin_attempt(change, step)
    tries = step.attempts - step.deaths
    snapshot = Snapshot((task, change.steps))
    about = terms(task, step, change.steps, holder)
    return Claim(attempt=step.attempts, tries=tries, snapshot=snapshot, **about)


def _begin_attempt(change: Change, step: StepRun) -> None:
    step.state = StepState.RUNNING
    step.attempts += 1
    step.started_at = step.started_at or change.now
    step.attempt_started_at = change.now
    step.retry_at = None
    change.write_step(step)
    change.tell(
        EventType.STEP,
        step=step.name,
        step_state=step.state,
        attempt=step.attempts,
        done=step.done,
        total=step.total,
    )


def terms(task: TaskState, step: StepRun, steps: list[StepRun], holder: str) -> dict[str, Any]:
    """What every claim on a part of the task says, but for the attempt."""
    return {
        "task_id": task.pk,
        "run": task.run,
        "step": step.name,
        "holder": holder,
        "weight": step.weight,
        "base": percent.finished_weight(steps),
        "owner_id": task.owner_id,
        "params": task.params,
        "outputs": {s.name: s.output or {} for s in steps if s.state == StepState.SUCCESS},
        "is_planned": step.planned_at is not None,
    }


def still_held(claim: Claim) -> LeaseCheck:
    """Look after the lease without renewing it."""
    row = (
        TaskState.objects.filter(claim.guard, pk=claim.task_id).values("cancel_requested_at")
    ).first()
    if row is None:
        return LeaseCheck.LOST
    return LeaseCheck.CANCEL if row["cancel_requested_at"] else LeaseCheck.HELD


@singledispatch
def renew(claim: Claim) -> None:
    """The heartbeat: put the lease's end off. No event, and no lock held for longer than this.

    Raises:
        Superseded: the lease is lost.
    """
    query = TaskState.objects.filter(claim.guard, pk=claim.task_id)
    if not query.update(lease_expires_at=lease_end()):
        raise Superseded


def report(claim: Claim, done: int, total: int, details: str) -> LeaseCheck:
    """Record progress: `done` of `total` units, and a line that a person can read.

    Raises:
        Superseded: the lease is lost.
    """
    claim.snapshot.take()
    with changing(claim.task_id, claim.guard) as change:
        step = StepRun.objects.get(task_id=claim.task_id, name=claim.step)
        if percent.advances((step.done, step.total), (done, total)):
            step.done, step.total = done, total
            step.save(update_fields=["done", "total"])
            change.set(percent=percent.of(claim.base, claim.weight, done, total))
        if details:
            change.set(details=details)
        change.tell(EventType.PROGRESS, details, done=done, total=total)
    return LeaseCheck.CANCEL if change.task.cancel_requested else LeaseCheck.HELD


def log(claim: Claim, message: str, level: str, data: dict[str, Any]) -> None:
    """Append a short log line to the task's history.

    Raises:
        Superseded: the lease is lost.
    """
    claim.snapshot.take()
    with changing(claim.task_id, claim.guard) as change:
        change.tell(EventType.LOG, message, **{**data, "level": level})


def succeed(
    claim: Claim,
    output: dict[str, Any] | None,
    along: Sequence[Statement] = (),
    next_celery_id: str = "",
) -> Claim | None:
    """Finish the step; with the last one, the task.

    Args:
        along: what else to execute in the same transaction.
        next_celery_id: the Celery id under which this process would go on with the next step.

    Returns:
        The claim on the next step, if there is such an id and the task goes on.

    Raises:
        Superseded: the lease is lost.
    """
    known = claim.snapshot.take()
    if known and can_be_at_once() and not _asks_the_database(claim, known[0]):
        with suppress(Superseded), changing_at_once(*known) as change:
            return _succeed(change, claim, output, along, next_celery_id)
    with changing(claim.task_id, claim.guard, with_steps=True) as change:
        return _succeed(change, claim, output, along, next_celery_id)


def _asks_the_database(claim: Claim, task: TaskState) -> bool:
    """Whether the step's end is more than writing what is known."""
    return claim.is_planned or (claim.is_last and task.callback_url != "")


def _succeed(
    change: Change,
    claim: Claim,
    output: dict[str, Any] | None,
    along: Sequence[Statement],
    next_celery_id: str,
) -> Claim | None:
    change.write_along(along)
    if claim.is_last and change.task.cancel_requested:
        # The step stays unfinished, or a retry would find nothing left to do.
        end_cancelled(change)
        return None
    _finish_step(change, claim, output)
    if change.task.cancel_requested:
        end_cancelled(change)
    elif claim.is_last:
        _finish_task(change, output or {})
    elif next_celery_id:
        following = next(step for step in change.steps if step.state != StepState.SUCCESS)
        change.set(dispatches=0)
        return _grant(change, following, next_celery_id)
    else:
        change.drop_lease()
        change.set(dispatches=0, next_dispatch_at=change.now + NEXT_STEP_GRACE)
    return None


def _finish_step(change: Change, claim: Claim, output: dict[str, Any] | None) -> None:
    step = next(step for step in change.steps if step.name == claim.step)
    step.total = max(step.total, 1)
    step.done = step.total
    step.output = output
    step.error_message = ""
    if step.planned_at:
        step.batches.all().delete()
    change.set(percent=percent.of(claim.base + claim.weight, 0, 0, 0))
    change.end_step(step, StepState.SUCCESS)


def _finish_task(change: Change, result: dict[str, Any]) -> None:
    change.end(
        State.SUCCESS,
        "Finished.",
        percent=100,
        result=result,
        agent_id=result.get("agent_id"),
    )


@singledispatch
def fail(claim: Claim, code: str, message: str) -> None:
    """End the task as FAILED, for the reason given.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        step = StepRun.objects.get(task_id=claim.task_id, name=claim.step)
        end_failed(change, step, code, message)


@singledispatch
def postpone(claim: Claim, reason: str, backoff: timedelta, attempts: int) -> None:
    """Put the next attempt off by `backoff` and hand back the lease.

    Args:
        attempts: how many the step is allowed in all, for the message.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        if change.task.cancel_requested:
            end_cancelled(change)
            return
        step = StepRun.objects.get(task_id=claim.task_id, name=claim.step)
        seconds = backoff.total_seconds()
        step.error_message = reason
        step.retry_at = change.now + backoff
        change.drop_lease()
        change.set(next_dispatch_at=step.retry_at + NEXT_STEP_GRACE)
        change.end_step(
            step,
            StepState.RETRYING,
            f"Attempt {claim.tries} of {attempts} failed: {reason} "
            f"The next one begins in {seconds:.1f} s.",
            delay=round(seconds, 3),
            reason=reason,
        )


@singledispatch
def hand_back(claim: Claim) -> None:
    """The worker is told to end: put the step back at once. It was no failure, and no death.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        if change.task.cancel_requested:
            end_cancelled(change)
            return
        step = StepRun.objects.get(task_id=claim.task_id, name=claim.step)
        step.state = StepState.PENDING
        step.attempts -= 1
        step.save()
        change.drop_lease()
        change.set(dispatches=0, next_dispatch_at=change.now)
        change.tell(
            EventType.LOG,
            f"The worker was told to stop in the middle of {step.name}; another one goes on.",
            level="info",
        )


def cancelled(claim: Claim) -> None:
    """The worker has stopped as asked.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard) as change:
        end_cancelled(change)
