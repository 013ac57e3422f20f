"""Interrupts an asynchronous step: by cancelling it, or by a signal where its loop is blocked."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from tasks.interrupt import Interrupt
from tasks.signalling import CLEAN_UP_SECONDS, knock

T = TypeVar("T")

LOOP_SECONDS = 0.2
"""An event loop that has not turned for so long is blocked by synchronous code."""


async def interruptible(step: Coroutine[Any, Any, T], interrupt: Interrupt) -> T:
    """Await `step`, and cancel it when the interrupt comes."""
    this_task = asyncio.current_task()
    assert this_task  # noqa: S101  (a running coroutine always has one)
    with interrupt.calling(_Canceller(asyncio.get_running_loop(), this_task)):
        return await step


class _Canceller:
    """Cancels a task of a loop; call it from another thread, again and again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]) -> None:
        self._loop = loop
        self._task = task
        self._asked_at = math.inf
        self._cancelled_at = -math.inf

    def __call__(self) -> None:
        if self._asked_at == math.inf:
            self._asked_at = time.monotonic()
            # A loop that is closed has nothing left to cancel.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._cancel)
        elif time.monotonic() - self._asked_at > LOOP_SECONDS:
            knock()

    def _cancel(self) -> None:
        """Within the loop. A step that is cleaning up gets some time for it."""
        self._asked_at = math.inf
        if time.monotonic() - self._cancelled_at >= CLEAN_UP_SECONDS:
            self._cancelled_at = time.monotonic()
            self._task.cancel()
