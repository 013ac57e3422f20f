"""Builds and refreshes whose steps the tests execute one by one, as a worker does."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import closing, suppress
from typing import Any

from agents.models import AgentRecord, AgentVersion
from agents.refresh.request import refresh
from tasks import lifecycle, workflows
from tasks.batch_context import BatchContext, FanOutContext
from tasks.context import StepContext
from tasks.errors import StepCancelled, StepError, Superseded
from tasks.interrupt import Interrupt
from tasks.lifecycle import Claim
from tasks.models import TaskState
from tasks.workflows import Step


class Run:
    """One task, executed here."""

    def __init__(self, task: TaskState) -> None:
        self.task = task
        self.steps = {step.name: step for step in workflows.get(task.workflow).steps}

    def to_the_end(self) -> TaskState:
        """Execute every step that is left; the task as it has ended."""
        for name in self._left():
            self.step(name)
            if self.task.is_finished:
                break
        return self.task

    def up_to(self, last: str) -> TaskState:
        """Execute every step that is left before `last`."""
        for name in self._left():
            if name == last:
                break
            self.step(name)
        return self.task

    def step(self, name: str) -> None:
        """Execute the step, and settle it as the runner does; a failure is for good."""
        step = self.steps[name]
        if step.fan_out:
            self._batches(step)
        claim = self.claim(name)
        try:
            with closing(self._context(step, claim)) as ctx:
                output = self._call(step, ctx)
                ctx.flush()
            if not ctx.has_succeeded:
                lifecycle.succeed(claim, output)
        except StepCancelled:
            lifecycle.cancelled(claim)
        except StepError as error:
            lifecycle.fail(claim, error.code, str(error))
        self.task.refresh_from_db()

    def claim(self, step: str) -> Claim:
        self.task.refresh_from_db()
        return lifecycle.claim(self.task.pk, self.task.run, step, "")

    def _left(self) -> list[str]:
        unfinished = self.task.steps.exclude(state="SUCCESS").order_by("position")
        return list(unfinished.values_list("name", flat=True))

    def _context(self, step: Step, claim: Claim) -> StepContext:
        kind = FanOutContext if step.fan_out else StepContext
        return kind(claim, Interrupt())

    def _call(self, step: Step, ctx: StepContext) -> Any:
        if inspect.iscoroutinefunction(step.function):
            return asyncio.run(step.function(ctx))
        return step.function(ctx)

    def _batches(self, step: Step) -> None:
        assert step.fan_out is not None
        claim = self.claim(step.name)
        if not claim.is_planned:
            items = list(step.fan_out.plan(FanOutContext(claim, Interrupt())))
            lifecycle.plan(claim, items, step.fan_out)
        if lifecycle.release(claim) is None:
            lifecycle.hand_back(claim)
        with suppress(Superseded):
            while True:
                batch = lifecycle.claim_batch(self.task.pk, self.task.run, step.name, "")
                step.fan_out.work(BatchContext(batch, Interrupt()), batch.items)
                lifecycle.finish_batch(batch, step.fan_out.line)


def built(owner: Any, url: str, **params: Any) -> AgentRecord:
    """An agent of that website."""
    cleaned = workflows.get("build-agent").clean({"urls": [url], **params})
    task = Run(lifecycle.submit("build-agent", cleaned, owner).task).to_the_end()
    assert task.state == "SUCCESS", task.error_message
    return AgentRecord.objects.get(build_task=task)


def begun(agent: AgentRecord) -> Run:
    """A refresh of the agent, of which no step is executed."""
    return Run(refresh(agent.pk, agent.owner).task)


def refreshed(agent: AgentRecord) -> AgentVersion:
    """Refresh the agent: the version that has come of it."""
    task = begun(agent).to_the_end()
    assert task.state == "SUCCESS", task.error_message
    agent.refresh_from_db()
    return agent.versions.get(number=agent.version)


def changes(version: AgentVersion) -> tuple[int, int, int, int, int]:
    """How many pages are new, changed, unchanged and gone, and how many were read."""
    return (
        version.pages_new,
        version.pages_changed,
        version.pages_unchanged,
        version.pages_gone,
        version.pages_read,
    )
