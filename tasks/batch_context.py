"""What the parts of a fan-out step are given: the plan, each batch, and the function at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NoReturn

from django.db import transaction

from tasks import lifecycle
from tasks.context import StepContext
from tasks.signalling import shielded


class FanOutContext(StepContext):
    """One attempt at planning or finishing a fan-out step: a `StepContext` without `progress`."""

    def progress(self, done: int, total: int, details: str = "") -> NoReturn:
        """A fan-out step's progress is counted by its batches.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"The step {self.step} fans out, so the engine counts its items as batches are done. "
            "Remove the call of progress()."
        )


class BatchContext(FanOutContext):
    """One attempt at one batch; `attempt` counts the tries at this batch."""

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write the batch's own rows inside: they commit only while this attempt holds the lease.

        The lease is confirmed last and not first: from then until the commit the task's row is
        locked, and all the other batches' transactions would have to wait for this one's work.

        Raises:
            LeaseLost: it does not, and nothing was written.
        """
        self.checkpoint()
        with shielded(), self._losing_lease(), transaction.atomic():
            yield
            lifecycle.renew(self._claim)
