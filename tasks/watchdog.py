"""The heartbeat: a thread that keeps the lease of the step in hand and hears of its cancellation.

It also sees to it that a step stops that must: it interrupts it again and again, kills the
processes that the step has started, and at last its own. A step whose time is over has until its
hard limit.

One thread a worker process, for as long as the process lives, so that a step that is over within
its first beat costs nothing.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from tasks import lifecycle, log_lines
from tasks.errors import StepTimedOut, Superseded
from tasks.interrupt import Interrupt
from tasks.last_resort import end_this_process
from tasks.lifecycle import Claim, LeaseCheck
from tasks.programs import process_tree, running

logger = logging.getLogger(__name__)

BEAT = 0.4
"""Seconds between two looks at the task's row: the longest that a cancel goes unheard."""

INSISTENCE = 0.05
"""Seconds between two interrupts of a step that must stop."""

LAST_RESORT = 3.0
"""Seconds after which a step that must stop is ended together with its process."""


class Watchdog:
    """Watches the one step that this process executes, if it executes any."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._watched: tuple[Claim, Interrupt] | None = None
        self._renewed_at = 0.0
        self._watched_since = 0
        self._awake = threading.Event()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    @contextmanager
    def watching(self, claim: Claim, interrupt: Interrupt) -> Iterator[None]:
        """Keep the lease within the block; set `interrupt` when the step must stop."""
        self._renewed_at = time.monotonic()
        self._watched_since = process_tree.ticks()
        self._watched = (claim, interrupt)
        self._awake.set()
        try:
            yield
        finally:
            self._watched = None

    def _run(self) -> None:
        while True:
            self._awake.wait()
            time.sleep(self._pause())
            watched = self._watched
            if watched is None:
                self._awake.clear()
                # `watching` may have set the event just before it was cleared.
                if self._watched is None:
                    connection.close()
                    continue
                self._awake.set()
                continue
            claim = watched[0]
            with log_lines.about(task_id=claim.task_id, step=claim.step, run=claim.run):
                try:
                    self._beat(*watched)
                except Exception:
                    # Without this thread, no step of this process would keep its lease.
                    logger.exception("The heartbeat of %s stumbled", claim.task_id)

    def _pause(self) -> float:
        watched = self._watched
        if watched is None:
            return BEAT
        interrupt = watched[1]
        return INSISTENCE if interrupt.reason else max(0, min(BEAT, interrupt.seconds_left))

    def _beat(self, claim: Claim, interrupt: Interrupt) -> None:
        if interrupt.reason is None and interrupt.seconds_left <= 0:
            interrupt.expire()
        if interrupt.reason is None or isinstance(interrupt.reason, StepTimedOut):
            self._check_lease(claim, interrupt)
        if interrupt.reason and self._is_watching(claim):
            self._insist(claim, interrupt)

    def _insist(self, claim: Claim, interrupt: Interrupt) -> None:
        assert interrupt.reason  # noqa: S101  (or there is nothing to insist on)
        interrupt.insist()
        running.kill_unguarded(self._watched_since)
        if interrupt.age > LAST_RESORT and not isinstance(interrupt.reason, StepTimedOut):
            end_this_process(claim, interrupt.reason)

    def _is_watching(self, claim: Claim) -> bool:
        watched = self._watched
        return watched is not None and watched[0] is claim

    def _check_lease(self, claim: Claim, interrupt: Interrupt) -> None:
        try:
            check = self._look(claim)
        except DatabaseError as error:
            logger.warning("No heartbeat for %s of %s: %r", claim.step, claim.task_id, error)
            connection.close()
            check = self._without_database()
        if check != LeaseCheck.HELD and self._is_watching(claim):
            interrupt.set(check)

    def _look(self, claim: Claim) -> LeaseCheck:
        check = lifecycle.still_held(claim)
        if (
            check == LeaseCheck.HELD
            and time.monotonic() - self._renewed_at > settings.AGENTFORGE_LEASE_SECONDS / 3
        ):
            try:
                lifecycle.renew(claim)
            except Superseded:
                return LeaseCheck.LOST
            self._renewed_at = time.monotonic()
        return check

    def _without_database(self) -> LeaseCheck:
        """A lease that could not be renewed in time belongs to whoever takes it next."""
        expired = time.monotonic() - self._renewed_at > settings.AGENTFORGE_LEASE_SECONDS
        return LeaseCheck.LOST if expired else LeaseCheck.HELD


_watchdog: Watchdog | None = None


def watchdog() -> Watchdog:
    """This process's watchdog."""
    global _watchdog
    # A forked child inherits the object but not its thread.
    if _watchdog is None or _watchdog.pid != os.getpid():
        _watchdog = Watchdog()
    return _watchdog
