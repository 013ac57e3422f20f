"""Workflows that do nothing, or tell the time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tasks.context import StepContext
from tasks.registry import register
from tasks.workflows import Step, Workflow


def nothing(ctx: StepContext) -> None:
    """The cheapest step there is."""


def tick(ctx: StepContext) -> None:
    """Log `params.ticks` events, each carrying the time just before its commit.

    They begin once the file `params.go` is there: when the watchers are.
    """
    while not Path(ctx.params["go"]).exists():
        time.sleep(0.02)
        ctx.checkpoint()
    for _ in range(ctx.params["ticks"]):
        time.sleep(ctx.params["pause"])
        ctx.log("tick", sent_at=time.time())


def any_params(params: dict[str, Any]) -> dict[str, Any]:
    return params


SEVEN = tuple(
    Step(f"step{number}", nothing, weight)
    for number, weight in enumerate((10, 20, 20, 20, 10, 10, 10), start=1)
)

register(Workflow("nothing", "Nothing", (Step("nothing", nothing, 100),), any_params))
register(Workflow("seven", "Seven times nothing", SEVEN, any_params))
register(Workflow("ticks", "Ticks", (Step("tick", tick, 100),), any_params))
