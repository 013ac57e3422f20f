"""The request to stop: how a step in one thread hears of what another thread has learned."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator

from tasks.errors import LeaseLost, StepCancelled, StepInterrupted, StepTimedOut
from tasks.lifecycle import LeaseCheck


class Interrupt:
    """Tells a step, from another thread, that it must stop."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._reason: StepInterrupted | None = None
        self._since = math.inf
        self._deadline = math.inf
        self._is_over = False
        self._callbacks: list[Callable[[], object]] = []

    @property
    def reason(self) -> StepInterrupted | None:
        return self._reason

    @property
    def age(self) -> float:
        """Seconds since the step was told to stop; below 0 if it was not."""
        return time.monotonic() - self._since

    @property
    def seconds_left(self) -> float:
        """Until the step's time is over."""
        return self._deadline - time.monotonic()

    def expire_after(self, seconds: float) -> None:
        """Give the step so much time from now on."""
        self._deadline = time.monotonic() + seconds

    def set(self, check: LeaseCheck) -> None:
        """Interrupt the step for what a look at its lease has shown."""
        self._stop(StepCancelled() if check == LeaseCheck.CANCEL else LeaseLost())

    def expire(self) -> None:
        """Interrupt the step because its time is over."""
        self._stop(StepTimedOut())

    def _stop(self, reason: StepInterrupted) -> None:
        """The first reason stays."""
        with self._lock:
            if self._reason is None and not self._is_over:
                self._reason, self._since = reason, time.monotonic()
                self.insist()

    def end(self) -> None:
        """The step has succeeded. Whatever was learned since, such as that its lease is gone, is no
        reason to stop any more."""
        with self._lock:
            self._is_over = True
            self._reason, self._since, self._deadline = None, math.inf, math.inf

    def insist(self) -> None:
        """Tell once more whoever waits for the interrupt."""
        with self._lock:
            for callback in self._callbacks:
                callback()

    def check(self) -> None:
        """Raise the reason if there is one."""
        if self._reason:
            raise self._reason

    @contextlib.contextmanager
    def calling(self, callback: Callable[[], object]) -> Iterator[None]:
        """Call `callback` (from another thread) when the interrupt comes within the block.

        It is called again and again until the block ends, and never after that.
        """
        with self._lock:
            self._callbacks.append(callback)
            if self._reason:
                callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)
