"""How a task ends other than in success, whoever finds that it must."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from tasks import dispatch, workflows
from tasks.lifecycle.change import Change
from tasks.models import StepBatch, StepRun
from tasks.states import BatchState, EventType, State, StepState

FIRST_DISPATCH_GRACE = timedelta(seconds=10)
"""How long the sweep gives a message to be claimed before it sends another."""


def end_cancelled(change: Change) -> None:
    """CANCELLED, and with it the step that was in hand."""
    change.write_steps_now()
    step = change.task.steps.filter(state__in=(StepState.RUNNING, StepState.RETRYING)).first()
    if step:
        change.end_step(step, StepState.CANCELLED)
    _release_batches(change)
    if last_words := workflows.last_words(change.task.workflow):
        change.tell(EventType.LOG, last_words, level="warning")
    change.end(State.CANCELLED, "Cancelled.")
    if change.task.undo_pending:
        change.set(undo_due_at=change.now + FIRST_DISPATCH_GRACE, undo_attempts=0)
        transaction.on_commit(lambda: dispatch.send_undo_soon(change.task.pk))


def end_failed(change: Change, step: StepRun, code: str, message: str) -> None:
    """FAILED, and with it the step that could not go on."""
    step.error_message = message
    _release_batches(change)
    change.set(failed_step=step.name, error_code=code, error_message=message)
    change.end_step(step, StepState.FAILED, message, error_code=code)
    change.end(State.FAILED, message)


def _release_batches(change: Change) -> None:
    """What is in hand is nobody's any more; its workers find that out by themselves."""
    batches = StepBatch.objects.unfinished().filter(step__task=change.task)
    batches.update(state=BatchState.PENDING, lease_holder="", lease_expires_at=None, retry_at=None)
