"""Batches of a fan-out step before its turn: what the step in hand has ready already.

They only use what would be idle. No such batch moves the bar, holds up the task or ends it; what
becomes of one is settled when the step is planned, which takes over those that are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Max

from tasks.lifecycle.change import changing
from tasks.lifecycle.work import Claim
from tasks.models import StepBatch, StepRun, TaskState


def hand_ahead(claim: Claim, items: Sequence[Any]) -> tuple[TaskState, str] | None:
    """Make these items a batch of the step after the one that `claim` holds.

    Returns:
        The task and the name of that step, for the message. None if the last batch still waits:
        then nobody is idle, and another message would only stand in the way of other tasks.

    Raises:
        Superseded: the lease is lost.
    """
    with changing(claim.task_id, claim.guard, with_steps=True) as change:
        step = _following(change.steps, claim.step)
        if step.batches.waiting().exists():
            return None
        last = step.batches.aggregate(number=Max("number"))["number"] or 0
        StepBatch.objects.create(step=step, number=last + 1, items=list(items), size=len(items))
        return change.task, step.name


def _following(steps: Sequence[StepRun], name: str) -> StepRun:
    names = [step.name for step in steps]
    return steps[names.index(name) + 1]
