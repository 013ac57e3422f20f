"""A fan-out step as the tests drive it, one verb at a time, without a worker."""

from __future__ import annotations

from django.contrib.auth.models import User

from tasks import lifecycle, workflows
from tasks.fan_out import FanOut
from tasks.lifecycle import BatchClaim, Settled
from tasks.models import StepBatch, TaskState
from tests.tasks.engine import claimed, finished, reloaded, submitted

WORKFLOW = "test-fan-out"
STEP = "many"


def declared() -> FanOut:
    fan_out = workflows.get(WORKFLOW).by_name[STEP].fan_out
    assert fan_out
    return fan_out


def fanned_out(owner: User, items: int = 6) -> TaskState:
    """A task whose step is left to its batches, two items each."""
    task = finished(submitted(owner, WORKFLOW), "fine")
    claim = claimed(task, STEP)
    lifecycle.plan(claim, range(items), declared())
    lifecycle.release(claim)
    return reloaded(task)


def batch_claimed(task: TaskState) -> BatchClaim:
    """The lease on the first batch that waits, held by this process."""
    return lifecycle.claim_batch(task.pk, reloaded(task).run, STEP, "celery-id")


def batch_done(task: TaskState) -> Settled:
    return settled(batch_claimed(task))


def settled(claim: BatchClaim) -> Settled:
    return lifecycle.finish_batch(claim, declared().line)


def batches(task: TaskState) -> list[StepBatch]:
    return list(StepBatch.objects.filter(step__task=task).order_by("number"))


def states(task: TaskState) -> list[str]:
    return [batch.state for batch in batches(task)]
