"""The Celery side of a fan-out step: its own task plans and finishes it, others do its batches."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task
from celery.exceptions import Ignore
from kombu.exceptions import OperationalError as BrokerError

from tasks import dispatch, lifecycle, log_lines, relay, runner
from tasks.batch_context import BatchContext, FanOutContext
from tasks.errors import Superseded
from tasks.fan_out import FanOut
from tasks.lifecycle import Claim
from tasks.workflows import Step, Workflow

logger = logging.getLogger(__name__)


def bind_step(workflow: Workflow, step: Step) -> None:
    """Give a fan-out step its Celery task, and one more for its batches."""
    assert step.fan_out  # noqa: S101  (the registry looks)
    fan_out = step.fan_out
    runner.bind(workflow.celery_name(step.name), step, partial(run_step, fan_out))
    runner.bind(
        workflow.batch_celery_name(step.name),
        step,
        partial(run_batch, fan_out),
        # A batch returns nothing; that it failed is worth a row.
        ignore_result=True,
        store_errors_even_if_ignored=True,
    )


def run_step(
    fan_out: FanOut, celery_task: Task[Any, Any], step: Step, task_id: UUID, run: int
) -> Any:
    """Plan the step and leave it to its batches; or finish it, when all of them are done.

    The message says no more than "look at this step". So whoever settles the last batch sends it,
    and the sweep sends it when messages of batches got lost.

    Raises:
        Ignore: nothing is to be done but the batches, and this chain ends here.
        Retry: planning or finishing will be tried again.
    """
    claim = runner.claim_step(celery_task, step, task_id, run)
    if claim is None:
        return None
    with runner.settling(celery_task, step, claim) as interrupt:
        if not claim.is_planned:
            planning = replace(step, function=_listing(fan_out.plan))
            items = runner.execute(planning, claim, FanOutContext(claim, interrupt), interrupt)
            lifecycle.plan(claim, items, fan_out)
        released = lifecycle.release(claim)
        if released is None:
            finishing = FanOutContext(claim, interrupt)
            output = runner.execute(step, claim, finishing, interrupt)
            if not finishing.has_succeeded:
                relay.succeed(celery_task, claim, output)
            return output
    task, messages = released
    _send(claim, lambda: dispatch.send_batches(task, claim.step, messages))
    raise Ignore


def run_batch(
    fan_out: FanOut, celery_task: Task[Any, Any], step: Step, task_id: UUID, run: int
) -> None:
    """Claim, execute and settle whichever batch of the step waits.

    Raises:
        Ignore: none does.
        Retry: the batch will be tried again after its backoff.
    """
    try:
        claim = lifecycle.claim_batch(task_id, run, step.name, celery_task.request.id or "")
    except Superseded as reason:
        logger.info("No batch of %s of %s to do: %s", step.name, task_id, reason)
        raise Ignore from reason
    with (
        log_lines.about(batch=claim.number),
        runner.settling(celery_task, step, claim) as interrupt,
    ):
        working = replace(step, function=_working(fan_out.work, claim.items))
        runner.execute(working, claim, BatchContext(claim, interrupt), interrupt)
        settled = lifecycle.finish_batch(claim, fan_out.line)
    if settled.is_last:
        _send(claim, lambda: dispatch.send(settled.task, claim.step))
    elif settled.sends_next:
        _send(claim, lambda: dispatch.send_batches(settled.task, claim.step, 1))


def _send(claim: Claim, send: Callable[[], object]) -> None:
    """What cannot be sent is no loss: the step has its time, and the sweep sends it then."""
    try:
        send()
    except BrokerError:
        logger.warning("%s of %s waits: the broker does not answer.", claim.step, claim.task_id)


def _listing(plan: Callable[..., Any]) -> Callable[..., Any]:
    """`plan`, with all its items: a generator does its work only when it is asked for them."""
    if inspect.iscoroutinefunction(plan):

        async def list_async(context: FanOutContext) -> list[Any]:
            return list(await plan(context))

        return list_async
    return lambda context: list(plan(context))


def _working(work: Callable[..., Any], items: list[Any]) -> Callable[..., Any]:
    """`work` on these items."""
    if inspect.iscoroutinefunction(work):

        async def work_async(context: FanOutContext) -> None:
            await work(context, items)

        return work_async
    return lambda context: work(context, items)
