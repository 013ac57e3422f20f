"""Interrupts a step wherever it stands: in a sleep, on a silent socket, in a loop of its own.

A step runs in the main thread of its process, and Python executes the handlers of signals there,
between two instructions or in place of a system call that waits. So another thread sends that
thread a signal, and its handler raises the reason to stop.

The signal is SIGURG: nothing happens to a process that gets it without a handler, and no program
uses it (Go chose it for the same reasons; see "Non-cooperative goroutine preemption", 2019).
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from tasks.interrupt import Interrupt

T = TypeVar("T")

SIGNAL = signal.SIGURG

CLEAN_UP_SECONDS = 1.0
"""How long a step may clean up before it is interrupted again. One that goes on is at once."""

_TAKES_LOCKS = {
    "logging": {"acquire", "release", "handle", "flush", "_acquireLock", "_releaseLock"},
    "importlib._bootstrap": {"acquire", "release", "__enter__", "__exit__", "_lock_unlock_module"},
}
"""Functions, by their modules, that take a lock in one instruction and see to its release in the
next. An exception in between would leave it taken for ever."""


class _Call:
    """The step function that may be interrupted now."""

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        self._raised_at = 0.0
        self.shields = 0

    def deliver(self) -> None:
        """Raise the reason to stop, unless there is none, or this is no moment for it."""
        reason = self._interrupt.reason
        if reason is None or self.shields:
            return
        now = time.monotonic()
        if _is_handled(reason) and now - self._raised_at < CLEAN_UP_SECONDS:
            return
        self._raised_at = now
        raise reason


_call: _Call | None = None
"""Signals reach the main thread only, and it calls one step at a time."""


def knock() -> None:
    """Have the step in the main thread interrupted. Call it from any thread, as often as needed."""
    signal.pthread_kill(threading.main_thread().ident or 0, SIGNAL)


def call_interruptibly(interrupt: Interrupt, function: Callable[[], T]) -> T:
    """Call `function`. Until it returns, `knock` raises the reason of `interrupt` in it.

    Outside the main thread, where no handler runs, it is just called.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    if signal.getsignal(SIGNAL) is not _handle:
        signal.signal(SIGNAL, _handle)
    return _armed(_Call(interrupt), function)


def _armed(call: _Call, function: Callable[[], T]) -> T:
    """The one frame in which nothing is raised though the call is armed: so it is always disarmed,
    and an exception is always one of the function."""
    global _call
    _call = call
    try:
        return function()
    finally:
        _call = None


@contextmanager
def shielded() -> Iterator[None]:
    """Put an interrupt off to the end of the block: for work that must not be left half done."""
    call = _call if threading.current_thread() is threading.main_thread() else None
    if call is None:
        yield
        return
    call.shields += 1
    try:
        yield
    finally:
        call.shields -= 1
    call.deliver()


def _handle(_signal: int, frame: FrameType | None) -> None:
    if _call is not None and _is_within(frame):
        _call.deliver()


def _is_within(frame: FrameType | None) -> bool:
    """Whether an exception in `frame` would be raised in the step function, or what it called.

    Not in a signal's handler: it may have found that this is no moment for it, in a frame that has
    taken a lock, and an exception would go on to that frame.
    """
    if frame is None or _takes_a_lock(frame):
        return False
    outer: FrameType | None = frame
    while outer is not None and outer.f_code is not _armed.__code__:
        if outer.f_code is _handle.__code__:
            return False
        outer = outer.f_back
    return outer is not None and outer is not frame


def _takes_a_lock(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return frame.f_code.co_name in _TAKES_LOCKS.get(module, ())


def _is_handled(reason: BaseException) -> bool:
    """Whether the step is in an `except`, `finally` or `__exit__` that the reason led it into."""
    error = sys.exc_info()[1]
    while error is not None and error is not reason:
        error = error.__context__
    return error is not None
