"""Workflows that end at once, for tests that submit at random and wait for nothing."""

from __future__ import annotations

from typing import Any

from tasks.context import StepContext
from tasks.errors import PermanentError
from tasks.registry import register
from tasks.workflows import Step, Workflow


def succeed(ctx: StepContext) -> dict[str, Any]:
    return {"step": ctx.step}


def fail(ctx: StepContext) -> None:
    raise PermanentError("This can never work. Do something else.", code="hopeless")


for name, function in [("test-brief-success", succeed), ("test-brief-failure", fail)]:
    register(Workflow(name, name, (Step("only", function, 100),), dict))
