"""The Celery side: one named task a step, which claims the step, executes it and settles it."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from math import ceil
from typing import Any
from uuid import UUID

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # no stub yet
from celery import Task, shared_task
from celery.exceptions import Ignore, SoftTimeLimitExceeded
from celery.signals import celeryd_init, task_postrun, task_prerun
from django.conf import settings
from django.db import Error as DatabaseError

from tasks import connections, lifecycle, log_lines, relay
from tasks.context import StepContext
from tasks.errors import (
    LeaseLost,
    StepAlreadyDone,
    StepCancelled,
    StepError,
    StepTimedOut,
    Superseded,
    TimeLimitExceeded,
)
from tasks.interrupt import Interrupt
from tasks.lifecycle import Claim
from tasks.loop_interrupt import interruptible
from tasks.signalling import call_interruptibly, knock
from tasks.watchdog import watchdog
from tasks.workflows import Step, Workflow

logger = logging.getLogger(__name__)


@celeryd_init.connect
def refuse_other_pools(conf: Any = None, options: dict[str, Any] | None = None, **_: Any) -> None:
    """Refuse pools of threads: they ignore time limits, and a lease belongs to a whole process.

    Raises:
        SystemExit: with a sentence. Celery logs any other exception of a signal, and goes on.
    """
    pool = (options or {}).get("pool") or getattr(conf, "worker_pool", "prefork")
    name = pool if isinstance(pool, str) else pool.__module__
    if "prefork" not in name:
        raise SystemExit(f"Start the worker with --pool prefork, not with {name}.")


@task_prerun.connect
def name_log_lines(task: Any, args: Any, **_: Any) -> None:
    """Put task, step and run on every line from here to Celery's own about how it ended."""
    if isinstance(task, StepTask):
        task_id, run = args
        log_lines.begin(task_id=task_id, step=task.step_name, run=run)


@task_postrun.connect
def unname_log_lines(**_: Any) -> None:
    """The next lines are about something else."""
    log_lines.begin()


SOFT_LIMIT_GRACE = 5.0
"""Seconds that Celery's soft limit comes after our own deadline: it still ends a step whose
watchdog cannot run."""


class StepTask(Task[Any, Any]):
    """The Celery task of a step."""

    step_name: str


def bind_step(workflow: Workflow, step: Step) -> None:
    """Give a step its Celery task."""
    bind(workflow.celery_name(step.name), step, run_step)


def bind(name: str, step: Step, execute: Callable[..., Any], **options: Any) -> None:
    """Make a Celery task that executes (a part of) `step` within the step's time limits.

    Args:
        execute: called with the Celery task, `step`, the task's id and its run.
    """

    @shared_task(
        bind=True,
        base=StepTask,
        step_name=step.name,
        name=name,
        soft_time_limit=ceil(step.soft_time_limit + SOFT_LIMIT_GRACE),
        time_limit=ceil(step.hard_time_limit),
        max_retries=None,
        throws=(StepError,),
        **options,
    )
    def run(self: Task[Any, Any], task_id: str, run: int) -> Any:
        with relay.carried():
            return execute(self, step, UUID(task_id), run)


def is_async(step: Step) -> bool:
    """Whether the step's function is a coroutine function."""
    return inspect.iscoroutinefunction(step.function)


def run_step(celery_task: Task[Any, Any], step: Step, task_id: UUID, run: int) -> Any:
    """Claim, execute and settle one step. A message that comes second does nothing twice.

    Raises:
        Ignore: there is nothing to do for this message, and its chain ends here.
        Retry: the step will be tried again after its backoff.
    """
    claim = claim_step(celery_task, step, task_id, run)
    if claim is None:
        return None
    with settling(celery_task, step, claim) as interrupt:
        context = StepContext(claim, interrupt)
        output = execute(step, claim, context, interrupt)
        if not context.has_succeeded:
            relay.succeed(celery_task, claim, output)
    return output


def claim_step(celery_task: Task[Any, Any], step: Step, task_id: UUID, run: int) -> Claim | None:
    """The lease on a step; None if the step is done and its chain may go on.

    Raises:
        Ignore: there is nothing to do for this message, and its chain ends here.
    """
    if claim := relay.handed_over(celery_task):
        return claim
    try:
        return lifecycle.claim(task_id, run, step.name, celery_task.request.id or "")
    except StepAlreadyDone:
        return None
    except Superseded as reason:
        logger.info("Nothing to do for %s of %s: %s", step.name, task_id, reason)
        raise Ignore from reason


@contextmanager
def settling(celery_task: Task[Any, Any], step: Step, claim: Claim) -> Iterator[Interrupt]:
    """Record how an attempt ended that did not end well. Yields what will interrupt it."""
    interrupt = Interrupt()
    try:
        yield interrupt
    except BaseException as error:
        if interrupt.reason:
            connections.discard()
        raise _settle(celery_task, step, claim, interrupt.reason or error) from error


def execute(step: Step, claim: Claim, context: StepContext, interrupt: Interrupt) -> Any:
    """Call the step's function while the watchdog keeps its lease, and return what it returns."""
    with watchdog().watching(claim, interrupt), closing(context):
        output = _execute(step, context, interrupt)
        context.flush()
    return output


def _execute(step: Step, context: StepContext, interrupt: Interrupt) -> Any:
    interrupt.expire_after(step.soft_time_limit)
    if is_async(step):
        return call_interruptibly(
            interrupt, lambda: asyncio.run(interruptible(step.function(context), interrupt))
        )
    with interrupt.calling(knock):
        return call_interruptibly(interrupt, lambda: step.function(context))


def _over_limit(step: Step) -> TimeLimitExceeded:
    return TimeLimitExceeded(
        f"The step {step.name} ran longer than its limit of {step.soft_time_limit:g} s. "
        "Give the task less to do, or raise the step's limit."
    )


def _settle(
    celery_task: Task[Any, Any], step: Step, claim: Claim, error: BaseException
) -> BaseException:
    """Record how the attempt ended; the exception that tells Celery.

    While the database is away, it tries again for as long as the lease lasts: an outage must not
    look like the death of a worker.
    """
    deadline = time.monotonic() + settings.AGENTFORGE_LEASE_SECONDS
    while True:
        try:
            return _settled(celery_task, step, claim, error)
        except Superseded:
            logger.warning("%s of %s lost its lease; another goes on.", claim.step, claim.task_id)
            return Ignore()
        except DatabaseError as outage:
            if time.monotonic() > deadline:
                raise
            logger.warning("%s of %s is not settled yet: %r", claim.step, claim.task_id, outage)
            connections.discard()
            time.sleep(1)


def _settled(
    celery_task: Task[Any, Any], step: Step, claim: Claim, error: BaseException
) -> BaseException:
    if isinstance(error, StepTimedOut | SoftTimeLimitExceeded):
        error = _over_limit(step)
    match error:
        case StepCancelled():
            lifecycle.cancelled(claim)
            return Ignore()
        case LeaseLost() | Superseded():
            raise Superseded
        case _ if terminate_handler_fired():
            # SIGTERM, by which a worker ends its processes, raises SystemExit in the step; this is
            # it, or what the step's own clean-up made of it.
            lifecycle.hand_back(claim)
            return SystemExit()
        case Exception() if step.retry.allows(error, claim.tries):
            backoff = step.retry.backoff(claim.tries)
            lifecycle.postpone(claim, _message(step, error), backoff, step.retry.attempts)
            return celery_task.retry(
                exc=error, countdown=backoff.total_seconds(), throw=False, max_retries=None
            )
        case StepError():
            lifecycle.fail(claim, error.code, str(error))
        case _:
            # Also what is no Exception: a stray CancelledError, a library that calls sys.exit().
            logger.error("%s of %s failed", claim.step, claim.task_id, exc_info=error)
            lifecycle.fail(claim, "unexpected_error", _message(step, error))
            if not isinstance(error, Exception):
                return RuntimeError(f"{claim.step} was ended by {type(error).__name__}")
    return error


def _message(step: Step, error: BaseException) -> str:
    if isinstance(error, StepError):
        return str(error)
    return (
        f"The step {step.name} met an unexpected {type(error).__name__}. "
        "The worker's log and the step's Celery result hold the traceback."
    )
