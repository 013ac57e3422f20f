"""What a step function is given: its task, its outputs so far, and ways to report."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import connection, transaction

from tasks import dispatch, lifecycle
from tasks.errors import LeaseLost, StepCancelled, Superseded
from tasks.interrupt import Interrupt
from tasks.lifecycle import Claim, LeaseCheck
from tasks.programs import streaming
from tasks.programs.progress import latest
from tasks.programs.scratch import Scratch
from tasks.programs.streaming import Printed
from tasks.programs.terms import Limits, Terms
from tasks.signalling import shielded

P = ParamSpec("P")
T = TypeVar("T")

REPORT_INTERVAL = 0.12
"""Seconds between two progress events of a step: about eight a second."""


class StepContext:
    """One attempt at one step, as its function sees it.

    Attributes:
        task_id, owner_id, params: of the task.
        step, run, attempt: which step this is, of which run, and the how-manieth attempt.
        outputs: what the finished steps returned, by their names.
        has_succeeded: whether `succeed` has ended the step.
    """

    def __init__(self, claim: Claim, interrupt: Interrupt) -> None:
        self.task_id: UUID = claim.task_id
        self.owner_id: int = claim.owner_id
        self.params: dict[str, Any] = claim.params
        self.step: str = claim.step
        self.run: int = claim.run
        self.attempt: int = claim.attempt
        self.outputs: dict[str, dict[str, Any]] = claim.outputs
        self._claim = claim
        self._interrupt = interrupt
        self._unreported: tuple[int, int, str] | None = None
        self._reported_at = 0.0
        self._in_transaction = False
        self.has_succeeded = False
        self._database_thread: ThreadPoolExecutor | None = None

    def checkpoint(self) -> None:
        """Stop here if the step must stop: a good place for it, where nothing is half done.

        Raises:
            StepInterrupted: and the step must let it pass.
        """
        self._interrupt.check()

    @shielded()
    def confirm_lease(self) -> None:
        """Make sure, in the database, that this attempt is still the one: before effects outside.

        Raises:
            StepInterrupted: it must stop instead.
        """
        self.checkpoint()
        with self._losing_lease():
            lifecycle.renew(self._claim)

    def progress(self, done: int, total: int, details: str = "") -> None:
        """Report `done` of `total` units of work, and a line that a person can read.

        Call it as often as you like: about eight reports a second are written, the last one
        always. Within `transaction()` each is written, and commits with it.
        """
        self.checkpoint()
        self._hold_back(done, total, details)

    def _hold_back(self, done: int, total: int, details: str) -> None:
        """Write progress if it is time for it, or later."""
        self._unreported = (done, total, details)
        if self._in_transaction or time.monotonic() - self._reported_at >= REPORT_INTERVAL:
            self.flush()

    @shielded()
    def flush(self) -> None:
        """Write the progress that was held back."""
        if self._unreported is None:
            return
        report, self._unreported = self._unreported, None
        self._reported_at = time.monotonic()
        with self._losing_lease():
            check = lifecycle.report(self._claim, *report)
        if check != LeaseCheck.HELD:
            self._interrupt.set(check)

    @shielded()
    def log(self, message: str, *, level: str = "info", **data: Any) -> None:
        """Add a short line to the task's history. Never coalesced."""
        with self._losing_lease():
            lifecycle.log(self._claim, message, level, data)

    @shielded()
    def hand_ahead(self, items: Sequence[Any]) -> bool:
        """Let an idle process begin with these items of the next step, which fans out.

        They are among those that its plan would return. If nobody has time for them before the
        step's turn, they are done then; nothing waits for them here.

        Returns:
            Whether they were taken. They are not while the ones before them wait for a process.
        """
        with self._losing_lease():
            handed = lifecycle.hand_ahead(self._claim, items)
        if handed:
            task, step = handed
            dispatch.soon(f"A batch of {step}", partial(dispatch.send_batches, task, step, 1))
        return handed is not None

    @shielded()
    def run_program(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        scratch: Scratch | None = None,
        hide: Callable[[str], str] = str,
        moves_bar: bool = False,
    ) -> Printed:
        """Run a program to its end, with each line of its output in the task's history.

        It does not pass through a shell. When the step must stop, the program gets SIGTERM, and
        SIGKILL two seconds later; whatever becomes of the step or of this process, nothing that the
        program has started outlives it. From an asynchronous step, call it by `in_thread`.

        Args:
            command: the program and its arguments.
            cwd: the directory it runs in; by default the worker's.
            env: its whole environment; by default the worker's.
            limits: what it may use, with all that it starts.
            scratch: a directory that is removed when all of it has ended.
            hide: takes out of a text what nobody is to see.
            moves_bar: whether lines such as `row 1/500` or `37 %` are the step's progress.

        Raises:
            TimeLimitExceeded, ProgramLimitExceeded: it used more than it may, and was ended.
            ProgramFailed: its exit code is not 0; with the last 64 kB of its standard error.
            PermanentError: there is no such program or directory.
        """
        self.checkpoint()
        terms = Terms(cwd, env, limits or Limits(), scratch, hide)
        write = self._log_and_report if moves_bar else self._log_lines
        return streaming.run(command, write, self._interrupt, terms)

    def _log_lines(self, lines: Sequence[str]) -> None:
        if lines:
            with self._losing_lease():
                lifecycle.log_lines(self._claim, lines)

    def _log_and_report(self, lines: Sequence[str]) -> bool:
        """Write the lines and the progress they tell of: whether some of it was held back."""
        self._log_lines(lines)
        # No checkpoint: a program that must stop is asked to, and its last lines are written.
        report = latest(reversed(lines)) or self._unreported
        if report:
            self._hold_back(*report)
        return self._unreported is not None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write the step's own rows inside: they commit only while this attempt holds the lease.

        Raises:
            LeaseLost: it does not, and nothing was written.
        """
        self.checkpoint()
        with shielded():
            with self._losing_lease(), transaction.atomic():
                lifecycle.renew(self._claim)
                self._in_transaction = True
                try:
                    yield
                finally:
                    self._in_transaction = False
            if self.has_succeeded:
                # The commit has taken the lease, and the heartbeat may have missed it by now.
                self._interrupt.end()

    @shielded()
    def succeed(self, output: dict[str, Any]) -> None:
        """End the step, within `transaction()`: its success and its rows commit together.

        For the last step of a task whose effect nobody may see unless the task succeeds: a cancel
        comes before both, or after both and too late. Nothing more can be said after it, and the
        step's function returns `output` next.

        Raises:
            StepCancelled: somebody has asked for the task's end, and nothing was written.
        """
        with self._losing_lease():
            # The transaction has locked the task: nobody can ask for its end after this look.
            if lifecycle.still_held(self._claim) is LeaseCheck.CANCEL:
                raise StepCancelled
            lifecycle.succeed(self._claim, output)
        self._unreported = None
        self.has_succeeded = True

    async def in_thread(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function` in this step's one database thread, from an asynchronous step."""
        if self._database_thread is None:
            self._database_thread = ThreadPoolExecutor(1, thread_name_prefix=f"{self.step}-db")
        loop = asyncio.get_running_loop()
        # With this step's context variables, so that log lines from the thread name the step too.
        run = copy_context().run
        return await loop.run_in_executor(
            self._database_thread, lambda: run(function, *args, **kwargs)
        )

    def close(self) -> None:
        """Wait for the database thread to end what it does, and close its connection."""
        if self._database_thread is not None:
            # A program that it runs for a step that is over would not end by itself.
            self._interrupt.insist()
            # Looked up in that thread: a connection belongs to the thread that asks for it.
            self._database_thread.submit(lambda: connection.close())
            self._database_thread.shutdown(wait=True)

    @contextlib.contextmanager
    def _losing_lease(self) -> Iterator[None]:
        try:
            yield
        except Superseded as error:
            self._interrupt.set(LeaseCheck.LOST)
            raise LeaseLost from error
