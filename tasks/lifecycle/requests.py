"""What people ask for: submit, cancel, retry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tasks import audit, dispatch, leases, permissions, search, workflows
from tasks.acts import Act
from tasks.errors import IdempotencyConflict, IllegalTransition, InvalidParams
from tasks.lifecycle import fan_out
from tasks.lifecycle.change import changing
from tasks.lifecycle.endings import FIRST_DISPATCH_GRACE, end_cancelled
from tasks.masking import mask
from tasks.models import StepRun, TaskEvent, TaskState, TaskText
from tasks.statements import execute, insert
from tasks.states import RETRYABLE, EventType, Measure, Priority, State, StepState
from tasks.workflows import Workflow

SUBJECT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Submission:
    """What `submit` returns: the task, its steps, and whether this call made them."""

    task: TaskState
    steps: list[StepRun]
    created: bool


def submit(
    workflow: str,
    params: dict[str, Any],
    owner: Any,
    *,
    idempotency_key: str | None = None,
    priority: str = Priority.NORMAL,
    callback_url: str = "",
    subject: str = "",
) -> Submission:
    """Persist a task and send its chain after the commit. Does no work itself.

    Args:
        params: already cleaned by the workflow.
        idempotency_key: with a key that this owner used before, the first task is returned.
        subject: what it is about, by whoever knows more of it than its parameters say.

    Raises:
        UnknownWorkflow: there is no such workflow.
        InvalidParams, NotAllowed: the owner may not have such a task.
        IdempotencyConflict: the key was used with another request.
    """
    declared = workflows.get(workflow)
    fingerprint = _fingerprint(workflow, params, priority, callback_url)
    first = _find_repeated(owner, idempotency_key, fingerprint)
    if first:
        # Whatever has become of its owner's rights since then: nothing new is begun.
        return _repeated(first)
    declared.admit(params, owner)
    now = timezone.now()
    task = TaskState(
        workflow=workflow,
        owner=owner,
        params=params,
        subject=mask(subject or declared.subject(params))[:SUBJECT_LENGTH],
        priority=priority,
        callback_url=callback_url,
        idempotency_key=idempotency_key or None,
        fingerprint=fingerprint,
        last_seq=1,
        next_dispatch_at=now + FIRST_DISPATCH_GRACE,
        details="Waiting for a worker.",
        created_at=now,
        queued_at=now,
    )
    try:
        with transaction.atomic():
            steps = _insert(task, declared)
    except IntegrityError:
        # Identical requests raced past the look-up above: the unique key let one of them win.
        first = _find_repeated(owner, idempotency_key, fingerprint)
        if first is None:
            raise
        return _repeated(first)
    return Submission(task, steps, created=True)


def cancel(task_id: UUID, by: Any) -> TaskState:
    """End the task at once where nobody works on it; else ask the worker to stop.

    Asking again changes nothing.

    Args:
        by: the user, or the name of a program of ours.

    Raises:
        TaskNotFound: there is no such task.
        NotAllowed: it is somebody else's, and `by` has not the permission.
        IllegalTransition: the task is finished.
    """
    with changing(task_id) as change:
        task = change.task
        permissions.require(by, Act.CANCEL, task)
        if task.is_finished:
            raise IllegalTransition(f"The task is {task.state} already; nothing is left to cancel.")
        if not task.cancel_requested:
            change.set(cancel_requested_at=change.now)
            audit.record(by, Act.CANCEL, task, run=task.run, percent=task.percent)
            change.tell(
                EventType.LOG, f"{by} asked for this task to be cancelled.", level="warning"
            )
        if not leases.is_held(task, change.now):
            end_cancelled(change)
    return change.task


def retry(task_id: UUID, by: Any, start_over: bool = False) -> TaskState:
    """Put a failed or cancelled task back into the queue, as a new run.

    Args:
        by: the user, or the name of a program of ours.
        start_over: repeat every step; else finished steps keep their output, and a fan-out step
            the batches that are done.

    Raises:
        TaskNotFound: there is no such task.
        NotAllowed: it is somebody else's, and `by` has not the permission; or its owner may not
            have such a task any more.
        IllegalTransition: the task is neither FAILED nor CANCELLED, or what it was for is gone.
        UnknownWorkflow: this installation no longer knows the task's workflow.
    """
    with changing(task_id) as change:
        task = change.task
        permissions.require(by, Act.RETRY, task)
        if task.state not in RETRYABLE:
            raise IllegalTransition(
                f"The task is {task.state}; only a failed or cancelled task can be retried."
            )
        # Where its code is gone, it would wait in the queue for ever.
        declared = workflows.get(task.workflow)
        _admit_again(declared, task)
        steps = list(task.steps.all())
        undone = declared.undone_steps if task.state == State.CANCELLED else frozenset()
        _reset(steps, {step.name for step in steps} if start_over else undone)
        change.set(
            state=State.QUEUED,
            run=task.run + 1,
            percent=fan_out.share_of(steps),
            current_step="",
            details="Waiting for a worker.",
            error_code="",
            error_message="",
            failed_step="",
            result=None,
            agent_id=None,
            cancel_requested_at=None,
            started_at=None,
            finished_at=None,
            trimmed_at=None,
            # This run finds what is left of the last one and goes on with it; a clean-up that is
            # under way holds the lease, and this run begins after it.
            undo_due_at=None,
            queued_at=change.now,
            dispatches=0,
            next_dispatch_at=change.now + FIRST_DISPATCH_GRACE,
        )
        change.count(Measure.RESTART)
        first = next(step.name for step in steps if step.state == StepState.PENDING)
        audit.record(by, Act.RETRY, task, run=task.run, from_step=first)
        change.tell(EventType.STATE, f"{by} retried this task from {first} (run {task.run}).")
        transaction.on_commit(lambda: dispatch.send_soon(task, from_step=first))
    return change.task


def _admit_again(declared: Workflow, task: TaskState) -> None:
    try:
        declared.admit(task.params, task.owner)
    except InvalidParams as error:
        raise IllegalTransition(f"The task cannot be retried any more. {error}") from error


def _reset(steps: list[StepRun], repeated: Set[str]) -> None:
    for step in steps:
        if step.state == StepState.SUCCESS and step.name not in repeated:
            continue
        if step.planned_at and step.name not in repeated:
            fan_out.resume(step)
        else:
            fan_out.forget(step)
        step.state = StepState.PENDING
        step.attempts = step.deaths = 0
        step.output = step.retry_at = None
        step.started_at = step.attempt_started_at = step.finished_at = None
        step.error_message = ""
        step.save()


def _fingerprint(workflow: str, params: dict[str, Any], priority: str, callback_url: str) -> str:
    canonical = json.dumps([workflow, params, priority, callback_url], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _find_repeated(owner: Any, key: str | None, fingerprint: str) -> TaskState | None:
    if not key:
        return None
    first = TaskState.objects.filter(owner=owner, idempotency_key=key).first()
    if first and first.fingerprint != fingerprint:
        raise IdempotencyConflict
    return first


def _repeated(first: TaskState) -> Submission:
    return Submission(first, list(first.steps.all()), created=False)


def _insert(task: TaskState, workflow: Workflow) -> list[StepRun]:
    steps = [
        StepRun(task=task, position=position, name=step.name, weight=step.weight)
        for position, step in enumerate(workflow.steps)
    ]
    text = TaskText(task=task, text=search.text_of(task))
    # Not published: nobody can watch a task whose id nobody knows yet.
    event = TaskEvent(
        task=task, seq=1, type=EventType.STATE, state=task.state, percent=0, message="Submitted."
    )
    execute(insert(rows) for rows in ([task], steps, [text], [event]))
    task._state.adding, task._state.db = False, connection.alias
    first = workflow.steps[0].name
    transaction.on_commit(lambda: dispatch.send_soon(task, from_step=first))
    return steps
