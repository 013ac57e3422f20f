"""Each behaviour of a step that a test wants to see, as a workflow that does it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tasks.context import StepContext
from tasks.errors import PermanentError, TransientError
from tasks.fan_out import FanOut
from tasks.registry import register
from tasks.workflows import RetryPolicy, Step, Workflow

Numbers = list[int]

SEVEN = (5, 35, 15, 15, 10, 15, 5)
QUICKLY = RetryPolicy(attempts=3, base=0.2, cap=0.2)


def any_params(params: dict[str, Any]) -> dict[str, Any]:
    return params


def workflow(name: str, *steps: Step) -> Workflow:
    return register(Workflow(name, name, steps, any_params))


def nothing(ctx: StepContext) -> dict[str, Any]:
    """Finish at once, with what the earlier steps returned."""
    return {"step": ctx.step, "saw": sorted(ctx.outputs)}


def count(ctx: StepContext) -> dict[str, int]:
    """Report `params.units` units of work, one by one."""
    units = ctx.params.get("units", 10)
    for done in range(1, units + 1):
        time.sleep(ctx.params.get("pause", 0))
        ctx.progress(done, units, f"{done} of {units} units done")
    return {"units": units}


def talk(ctx: StepContext) -> None:
    """Log `params.lines` lines of `params.length` characters."""
    for _ in range(ctx.params["lines"]):
        ctx.log("x" * ctx.params["length"])


def fail_permanently(ctx: StepContext) -> None:
    raise PermanentError("This can never work. Do something else.", code="hopeless")


def fail_at_first(ctx: StepContext) -> dict[str, int]:
    """Fail as many times as `params.failures` says, then succeed."""
    if ctx.attempt <= ctx.params["failures"]:
        raise TransientError(f"Attempt {ctx.attempt} did not work.")
    return {"attempt": ctx.attempt}


def break_down(ctx: StepContext) -> None:
    raise KeyError("a bug")


def leave_the_process(ctx: StepContext) -> None:
    """What a library may do that was made for the command line."""
    sys.exit(3)


async def await_what_was_cancelled(ctx: StepContext) -> None:
    """Let a CancelledError escape that nobody has asked for."""
    abandoned = asyncio.ensure_future(asyncio.Event().wait())
    abandoned.cancel()
    await abandoned


async def wait_for_ever(ctx: StepContext) -> None:
    await ctx.in_thread(ctx.log, "waiting")
    await asyncio.Event().wait()


def work_for_ever(ctx: StepContext) -> None:
    ctx.log("working")
    while True:
        sum(range(10_000))
        ctx.checkpoint()


def sleep_for_ever(ctx: StepContext) -> None:
    while True:
        time.sleep(0.1)


async def hang_the_loop(ctx: StepContext) -> None:
    """Block the event loop, so that no `asyncio.timeout` can fire."""
    sleep_for_ever(ctx)


def die_at_first(ctx: StepContext) -> dict[str, int]:
    """Kill this process as many times as `params.deaths` says, then succeed."""
    if ctx.attempt <= ctx.params["deaths"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempt": ctx.attempt}


def die_then_fail(ctx: StepContext) -> dict[str, int]:
    """Kill this process `params.deaths` times, then fail `params.failures` times, then succeed."""
    die_at_first(ctx)
    if ctx.attempt <= ctx.params["deaths"] + ctx.params["failures"]:
        raise TransientError(f"Attempt {ctx.attempt} did not work.")
    return {"attempt": ctx.attempt}


def wait_for_file(ctx: StepContext) -> dict[str, int]:
    """Go on once the file `params.file` is there; note attempt and process in `params.trace`."""
    with Path(ctx.params["trace"]).open("a") as trace:
        trace.write(f"{ctx.attempt} {os.getpid()}\n")
    while not Path(ctx.params["file"]).exists():
        time.sleep(0.02)
        ctx.checkpoint()
    return {"attempt": ctx.attempt}


def numbers(ctx: StepContext) -> range:
    """Plan `params.items` items: 0, 1, 2 …"""
    note(ctx, "plan")
    return range(ctx.params.get("items", 10))


async def numbers_async(ctx: StepContext) -> Numbers:
    await asyncio.sleep(0)
    return list(numbers(ctx))


def note(ctx: StepContext, what: str) -> None:
    """Add a line to `params.trace`: what was begun, the attempt, and the process."""
    if "trace" in ctx.params:
        with Path(ctx.params["trace"]).open("a") as trace:
            trace.write(f"{what} {ctx.attempt} {os.getpid()}\n")


def is_chosen(ctx: StepContext, items: Numbers) -> bool:
    """Whether this is the batch that something is to happen to."""
    return ctx.params.get("chosen") in items


def work_on(ctx: StepContext, items: Numbers) -> None:
    """Take `params.pause` seconds for each item."""
    note(ctx, f"batch{items[0]}")
    for _ in items:
        ctx.checkpoint()
        time.sleep(ctx.params.get("pause", 0))


async def work_on_async(ctx: StepContext, items: Numbers) -> None:
    for item in items:
        await ctx.in_thread(ctx.log, f"item {item}")


def work_behind_gate(ctx: StepContext, items: Numbers) -> None:
    """The chosen batch goes on once the file `params.file` is there."""
    note(ctx, f"batch{items[0]}")
    while is_chosen(ctx, items) and not Path(ctx.params["file"]).exists():
        time.sleep(0.02)
        ctx.checkpoint()


def work_with_failures(ctx: StepContext, items: Numbers) -> None:
    """The chosen batch fails as many times as `params.failures` says."""
    note(ctx, f"batch{items[0]}")
    if is_chosen(ctx, items) and ctx.attempt <= ctx.params["failures"]:
        raise TransientError(f"Attempt {ctx.attempt} did not work.")


def work_in_vain(ctx: StepContext, items: Numbers) -> None:
    """The chosen batch can never work, as long as the file `params.file` is not there."""
    note(ctx, f"batch{items[0]}")
    if is_chosen(ctx, items) and not Path(ctx.params["file"]).exists():
        raise PermanentError("This can never work. Do something else.", code="hopeless")


def work_deadly(ctx: StepContext, items: Numbers) -> None:
    """The chosen batch kills its process as many times as `params.deaths` says."""
    note(ctx, f"batch{items[0]}")
    if is_chosen(ctx, items) and ctx.attempt <= ctx.params["deaths"]:
        os.kill(os.getpid(), signal.SIGKILL)


def work_too_long(ctx: StepContext, items: Numbers) -> None:
    if is_chosen(ctx, items):
        sleep_for_ever(ctx)


def report_within_batch(ctx: StepContext, items: Numbers) -> None:
    ctx.progress(1, 2)


def finish(ctx: StepContext) -> dict[str, int]:
    note(ctx, "finish")
    return {"attempt": ctx.attempt}


def finish_at_second_attempt(ctx: StepContext) -> dict[str, int]:
    note(ctx, "finish")
    return fail_at_first(ctx)


def fan_out(name: str, work: Any, function: Any = finish, limit: float = 600, **more: Any) -> None:
    """A workflow whose second step works on pairs of numbers."""
    declared = FanOut(
        **{"plan": numbers, "work": work, "batch_size": 2, "details": "{done} of {total} items"}
        | more
    )
    many = Step("many", function, 60, retry=QUICKLY, soft_time_limit=limit, fan_out=declared)
    workflow(name, Step("fine", nothing, 20), many, Step("last", nothing, 20))


workflow("test-seven", *(Step(f"s{n}", nothing, weight) for n, weight in enumerate(SEVEN, 1)))
workflow(
    "test-count", Step("before", nothing, 10), Step("count", count, 80), Step("after", nothing, 10)
)
workflow("test-talk", Step("talk", talk, 100))
workflow("test-fine-then-talk", Step("fine", nothing, 40), Step("talk", talk, 60))
workflow("test-limits", Step("long", nothing, 40), Step("short", nothing, 60, soft_time_limit=7))
workflow("test-hopeless", Step("fine", nothing, 40), Step("fail", fail_permanently, 60))
workflow(
    "test-flaky",
    Step("fine", nothing, 40),
    Step("flaky", fail_at_first, 50, retry=QUICKLY),
    Step("last", nothing, 10),
)
workflow("test-slow-retry", Step("flaky", fail_at_first, 100, retry=RetryPolicy(3, 600, 600)))
workflow("test-bug", Step("bug", break_down, 100))
workflow("test-exit", Step("leave", leave_the_process, 100))
workflow("test-stray-cancel", Step("wait", await_what_was_cancelled, 100))
workflow("test-wait", Step("fine", nothing, 50), Step("wait", wait_for_ever, 50))
workflow("test-work", Step("work", work_for_ever, 100))
workflow("test-async-limit", Step("wait", wait_for_ever, 100, soft_time_limit=1))
workflow("test-sync-limit", Step("sleep", sleep_for_ever, 100, soft_time_limit=1))
workflow("test-stubborn-limit", Step("hang", hang_the_loop, 100, soft_time_limit=1))
workflow("test-deadly", Step("fine", nothing, 50), Step("die", die_at_first, 50))
workflow("test-unlucky", Step("unlucky", die_then_fail, 100, retry=QUICKLY))
workflow("test-file", Step("fine", nothing, 50), Step("wait", wait_for_file, 50))
fan_out("test-fan-out", work_on)
fan_out("test-fan-out-async", work_on_async, plan=numbers_async)
fan_out("test-fan-out-gate", work_behind_gate)
fan_out("test-fan-out-flaky", work_with_failures)
fan_out("test-fan-out-flaky-finish", work_on, finish_at_second_attempt)
fan_out("test-fan-out-hopeless", work_in_vain)
fan_out("test-fan-out-deadly", work_deadly)
fan_out("test-fan-out-limit", work_too_long, limit=1)
fan_out("test-fan-out-slow", work_on, limit=3)
fan_out("test-fan-out-report", report_within_batch)
