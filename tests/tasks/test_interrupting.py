"""A signal raises the reason to stop within the step function: there, and nowhere else."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import pytest

from tasks import signalling
from tasks.errors import StepTimedOut
from tasks.interrupt import Interrupt
from tasks.signalling import CLEAN_UP_SECONDS, call_interruptibly, knock, shielded


class Knocking:
    """Interrupts the main thread from another one, again and again, as the watchdog does."""

    def __init__(self, interrupt: Interrupt, after: float = 0.0) -> None:
        self._interrupt = interrupt
        self._after = after
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._knock, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _knock(self) -> None:
        time.sleep(self._after)
        self._interrupt.expire()
        while not self._over.wait(0.0005):
            knock()


@pytest.fixture
def interrupt() -> Interrupt:
    return Interrupt()


def interrupted(interrupt: Interrupt, step: Callable[[], object], after: float = 0.05) -> float:
    """The seconds until the step was interrupted."""
    begun = time.monotonic()
    with Knocking(interrupt, after), pytest.raises(StepTimedOut):
        call_interruptibly(interrupt, step)
    return time.monotonic() - begun


def test_a_step_that_waits_is_interrupted(interrupt: Interrupt) -> None:
    assert interrupted(interrupt, lambda: time.sleep(60)) < 30


def test_before_and_after_the_step_nothing_is_raised(interrupt: Interrupt) -> None:
    with Knocking(interrupt):
        time.sleep(0.05)
        with pytest.raises(StepTimedOut):
            call_interruptibly(interrupt, lambda: time.sleep(60))
        time.sleep(0.05)


def test_an_interrupt_never_escapes_the_call_whatever_the_moment(interrupt: Interrupt) -> None:
    """Thousands of calls that end in the very moment in which they are interrupted."""
    with Knocking(interrupt):
        for _ in range(2000):
            with suppress(StepTimedOut):
                call_interruptibly(interrupt, int)
            assert signalling._call is None


def test_the_frame_that_disarms_the_call_is_never_interrupted_itself(interrupt: Interrupt) -> None:
    def step() -> tuple[bool, bool]:
        own = sys._getframe()
        return signalling._is_within(own), signalling._is_within(own.f_back)

    assert call_interruptibly(interrupt, step) == (True, False)


def test_what_is_shielded_is_done_to_its_end_and_the_reason_comes_then(
    interrupt: Interrupt,
) -> None:
    done = []

    def step() -> None:
        with shielded():
            with shielded():
                time.sleep(0.2)
            done.append("shielded")
        done.append("too late")

    interrupted(interrupt, step, after=0)
    assert done == ["shielded"]


def test_a_step_that_cleans_up_is_given_some_time(interrupt: Interrupt) -> None:
    done = []

    def step() -> None:
        try:
            time.sleep(60)
        finally:
            time.sleep(CLEAN_UP_SECONDS / 4)
            done.append("cleaned up")

    interrupted(interrupt, step)
    assert done == ["cleaned up"]


def test_but_not_for_ever(interrupt: Interrupt) -> None:
    def step() -> None:
        try:
            time.sleep(60)
        finally:
            time.sleep(60)

    assert CLEAN_UP_SECONDS <= interrupted(interrupt, step) < 30


def test_a_step_that_goes_on_is_interrupted_again_at_once(interrupt: Interrupt) -> None:
    swallowed = []

    def step() -> None:
        for _ in range(20):
            try:
                time.sleep(60)
            except BaseException as reason:
                swallowed.append(reason)
        time.sleep(60)

    assert interrupted(interrupt, step) < 20 * CLEAN_UP_SECONDS
    assert len(swallowed) == 20


def test_an_interrupt_that_comes_while_another_is_judged_raises_nothing_either(
    interrupt: Interrupt, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[FrameType] = []

    def takes_a_lock(frame: FrameType) -> bool:
        judged.append(frame)
        if len(judged) == 1:
            signal.raise_signal(signalling.SIGNAL)
        return frame.f_code is step.__code__

    def step() -> str:
        interrupt.expire()
        signal.raise_signal(signalling.SIGNAL)
        return "done"

    monkeypatch.setattr(signalling, "_takes_a_lock", takes_a_lock)
    assert call_interruptibly(interrupt, step) == "done"
    assert len(judged) == 2


def test_a_lock_of_the_logging_module_is_never_left_behind() -> None:
    logger, handler = logging.Logger("interrupted"), Slow()
    logger.addHandler(handler)

    def step() -> None:
        while True:
            logger.warning("again")

    for _ in range(20):
        interrupted(Interrupt(), step, after=0.01)
        assert handler.is_free()


class Slow(logging.Handler):
    """Takes its time while it holds its lock."""

    def emit(self, record: logging.LogRecord) -> None:
        sum(range(2000))

    def is_free(self) -> bool:
        """Whether another thread can take the lock."""
        lock, taken = self.lock, []
        assert lock

        def take() -> None:
            if lock.acquire(timeout=1):
                taken.append(True)
                lock.release()

        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        return bool(taken)
