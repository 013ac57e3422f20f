"""What the sweep does for tasks that nobody works on: send them again, take them back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from tasks import leases, workflows
from tasks.errors import Superseded
from tasks.lifecycle.change import Change, changing
from tasks.lifecycle.endings import end_cancelled, end_failed
from tasks.models import StepBatch, StepRun, TaskState
from tasks.states import ACTIVE, EventType, Measure, State, StepState

FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(minutes=5)
"""A message may just wait in a long queue; a second one does no harm, thousands would."""


def redispatch(task_id: UUID) -> tuple[TaskState, str]:
    """Note that the task's message is sent once more: the task, and the step to begin at.

    Raises:
        Superseded: it has been claimed, or sent by somebody else, in the meantime.
    """
    guard = Q(state__in=ACTIVE, lease_holder="")
    # Whoever has locked the task is at work on it, or frozen; the others must not wait for that.
    with changing(task_id, guard, skip_locked=True) as change:
        task = change.task
        if task.next_dispatch_at is None or task.next_dispatch_at > change.now:
            raise Superseded
        backoff = min(FIRST_BACKOFF * 2 ** min(task.dispatches, 10), LONGEST_BACKOFF)
        change.set(dispatches=task.dispatches + 1, next_dispatch_at=change.now + backoff)
        return task, _first_unfinished(task)


def _first_unfinished(task: TaskState) -> str:
    step = task.steps.exclude(state=StepState.SUCCESS).order_by("position").first()
    if step is None:
        raise Superseded("Every step is done.")
    return step.name


def take_back(task_id: UUID, holder: str) -> None:
    """End the lease of a holder that is gone, and put its step back.

    Raises:
        Superseded: the lease was renewed, or somebody else has taken over.
    """
    guard = Q(state__in=ACTIVE, lease_holder=holder)
    with changing(task_id, guard, skip_locked=True) as change:
        task = change.task
        if leases.is_held(task, change.now):
            raise Superseded
        if task.state == State.QUEUED:
            # It was retried while its clean-up was under way, and that has died.
            change.drop_lease()
            change.set(next_dispatch_at=change.now)
        else:
            bury(change, StepRun.objects.get(task=task, name=task.current_step))
        if not task.is_finished and task.cancel_requested:
            end_cancelled(change)


def bury(change: Change, step: StepRun) -> None:
    """Record that the worker of `step` died; put the step back, or end a task that kills workers.

    The task is due for dispatch at once.
    """
    step.deaths += 1
    change.count(Measure.RESCUE, step.name)
    change.drop_lease()
    if cause := _reason_to_give_up(change, step):
        end_failed(change, step, *cause)
        return
    step.state = StepState.PENDING
    step.save()
    change.set(next_dispatch_at=change.now)
    change.tell(
        EventType.LOG,
        f"The worker stopped in the middle of {step.name}; another one goes on.",
        step=step.name,
        level="warning",
        deaths=step.deaths,
    )


def _reason_to_give_up(change: Change, step: StepRun) -> tuple[str, str] | None:
    return reason_to_give_up(change, step, step.name, f"The step {step.name}")


def reason_to_give_up(
    change: Change, row: StepRun | StepBatch, step_name: str, subject: str
) -> tuple[str, str] | None:
    """The error's code and sentence, if what a worker died of is worth no other worker.

    Args:
        row: what the worker was at, its death counted.
        subject: what `row` is called in the sentence.
    """
    declared = workflows.get(change.task.workflow).steps_from(step_name)[0]
    limit = declared.hard_time_limit
    begun = row.attempt_started_at
    # Celery's clock starts a moment before the claim's.
    if begun and (change.now - begun).total_seconds() >= limit - 2:
        return "time_limit", (
            f"{subject} ran into its hard limit of {limit:.0f} s and was killed. "
            "Give the task less to do, or raise the step's limit."
        )
    if row.deaths >= settings.AGENTFORGE_MAX_DEATHS:
        return "worker_lost", (
            f"{subject} ended its worker {row.deaths} times. It may need more memory "
            "than the worker has. Find the reason in the worker's log, then retry the task."
        )
    return None
