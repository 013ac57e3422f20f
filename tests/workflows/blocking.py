"""Steps that block in every way there is, and hear of nothing unless they are interrupted."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tasks.context import StepContext
from tasks.errors import StepInterrupted, TransientError
from tasks.registry import register
from tasks.undo import UndoContext
from tasks.watchdog import watchdog
from tasks.workflows import RetryPolicy, Step, Undo, Workflow
from tests.workflows.declared import any_params, nothing, workflow

FOREVER = 600


def in_a_sleep(ctx: StepContext) -> None:
    time.sleep(FOREVER)


def on_a_silent_socket(ctx: StepContext) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.recv(1)


def in_a_loop(ctx: StepContext) -> None:
    while True:
        pass


def on_a_silent_subprocess(ctx: StepContext) -> None:
    """A shell that waits for its children; whoever kills the shell alone leaves them behind."""
    mark = ctx.params["mark"]
    subprocess.run(["sh", "-c", f"sleep {FOREVER}; echo {mark}"], check=True)


def in_a_subprocess_block(ctx: StepContext) -> None:
    """`Popen`, at the end of its block, waits for its program again."""
    with subprocess.Popen(["sleep", str(FOREVER)]) as process:
        process.wait()


def swallowing(ctx: StepContext) -> None:
    """Go on after the first interrupts, as a library may that catches everything."""
    for _ in range(4):
        with suppress(StepInterrupted):
            time.sleep(FOREVER)
    time.sleep(FOREVER)


def in_c_code(ctx: StepContext) -> None:
    """Compute for hours without a return to Python."""
    hashlib.pbkdf2_hmac("sha512", b"", b"", 1 << 30)


def deaf(ctx: StepContext) -> None:
    subprocess.Popen(["sh", "-c", f"sleep {FOREVER}; echo {ctx.params['mark']}"])
    while True:
        with suppress(BaseException):
            time.sleep(FOREVER)


async def with_a_blocked_loop(ctx: StepContext) -> None:
    await ctx.in_thread(ctx.log, "ready")
    in_a_sleep(ctx)


async def swallowing_its_cancellation(ctx: StepContext) -> None:
    await ctx.in_thread(ctx.log, "ready")
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(FOREVER)
    await asyncio.sleep(FOREVER)


async def in_its_thread(ctx: StepContext) -> None:
    await ctx.in_thread(ctx.log, "ready")
    await ctx.in_thread(time.sleep, FOREVER)


def cleaning_up(ctx: StepContext) -> None:
    """Wait, and take a moment to clean up, with the engine's own verbs."""
    try:
        time.sleep(FOREVER)
    finally:
        time.sleep(0.3)
        ctx.log("cleaned up")


def in_a_transaction(ctx: StepContext) -> None:
    """Be interrupted in the middle of a transaction, which is long but ends."""
    with ctx.transaction():
        begun = time.monotonic()
        while time.monotonic() - begun < 1.2:
            time.sleep(0.01)
        ctx.log("committed")
    time.sleep(FOREVER)


def ending(ctx: StepContext) -> dict[str, float]:
    """End by itself after `params.seconds`, which may be just when it is cancelled."""
    time.sleep(ctx.params["seconds"])
    if ctx.params.get("failing"):
        raise TransientError("It did not work.")
    return {"seconds": ctx.params["seconds"]}


def on_undo(undo: UndoContext) -> None:
    """What `test-undone` does when it is cancelled. Tests replace it."""


def swallowing_exceptions(ctx: StepContext) -> None:
    """What a `while True: try …` does with every error, and Celery's soft limit would be one."""
    while True:
        with suppress(Exception):
            time.sleep(FOREVER)


def without_its_watchdog(ctx: StepContext) -> None:
    """Nobody looks after the step any more, as if the watchdog's thread had died."""
    watchdog()._watched = None
    time.sleep(FOREVER)


def announced(function: Callable[[StepContext], Any]) -> Callable[[StepContext], Any]:
    """The step says that it is there before it blocks."""

    def step(ctx: StepContext) -> Any:
        ctx.log("ready", pid=os.getpid())
        return function(ctx)

    return step


def run_program(ctx: StepContext) -> None:
    """Run `params.code` as a Python program, whose arguments are `params.arguments`."""
    command = [sys.executable, "-c", ctx.params["code"], *ctx.params.get("arguments", [])]
    ctx.run_program(command, env={**os.environ, **ctx.params.get("env", {})})


def run_command(ctx: StepContext) -> None:
    """Run `params.command`."""
    ctx.run_program(ctx.params["command"])


async def run_program_in_thread(ctx: StepContext) -> None:
    await ctx.in_thread(run_program, ctx)


for function in (
    in_a_sleep,
    on_a_silent_socket,
    in_a_loop,
    on_a_silent_subprocess,
    in_a_subprocess_block,
    swallowing,
    in_c_code,
    deaf,
    cleaning_up,
    in_a_transaction,
):
    workflow(f"test-{function.__name__}", Step("block", announced(function), 100))
for coroutine in (with_a_blocked_loop, swallowing_its_cancellation, in_its_thread):
    workflow(f"test-{coroutine.__name__}", Step("block", coroutine, 100))
ONCE_MORE = RetryPolicy(attempts=2, base=0.05, cap=0.05)
workflow("test-ending", Step("first", ending, 50, retry=ONCE_MORE), Step("second", ending, 50))
workflow("test-unwatched-limit", Step("sleep", without_its_watchdog, 100, soft_time_limit=1))
workflow("test-swallowed-limit", Step("block", swallowing_exceptions, 100, soft_time_limit=1))
register(
    Workflow(
        name="test-undone",
        title="Undone",
        steps=(
            Step("inside", nothing, 40),
            Step("outside", nothing, 40),
            Step("last", nothing, 20),
        ),
        clean=any_params,
        undo=Undo(lambda undo: on_undo(undo), from_step="outside"),
    )
)
workflow("test-program", Step("run", run_program, 100))
workflow("test-program-in-thread", Step("run", run_program_in_thread, 100))
workflow("test-program-limit", Step("run", run_program, 100, soft_time_limit=6))
workflow("test-command", Step("run", run_command, 100))
