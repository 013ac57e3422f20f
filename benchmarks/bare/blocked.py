"""Steps that block until they are cancelled, one for each way to block."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any

from benchmarks.bare.workflows import any_params
from tasks.context import StepContext
from tasks.registry import register
from tasks.workflows import Step, Workflow

FOREVER = 600


def sleep(ctx: StepContext) -> None:
    time.sleep(FOREVER)


def silent_socket(ctx: StepContext) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.recv(1)


def cpu(ctx: StepContext) -> None:
    while True:
        pass


def silent_subprocess(ctx: StepContext) -> None:
    subprocess.run(["sleep", str(FOREVER)], check=True)


def silent_program(ctx: StepContext) -> None:
    ctx.run_program(["sleep", str(FOREVER)])


def deaf_program(ctx: StepContext) -> None:
    ctx.run_program(["sh", "-c", f"trap '' TERM; sleep {FOREVER}"])


async def coroutine(ctx: StepContext) -> None:
    await ctx.in_thread(ctx.log, "ready")
    await asyncio.sleep(FOREVER)


def _announced(function: Callable[[StepContext], None]) -> Callable[[StepContext], Any]:
    def step(ctx: StepContext) -> None:
        ctx.log("ready")
        function(ctx)

    return step


WAYS = (sleep, silent_socket, cpu, silent_subprocess, silent_program, deaf_program)
for function in WAYS:
    step = Step("block", _announced(function), 100)
    register(Workflow(f"blocked-{function.__name__}", "Blocked", (step,), any_params))
step = Step("block", coroutine, 100)
register(Workflow("blocked-coroutine", "Blocked", (step,), any_params))
