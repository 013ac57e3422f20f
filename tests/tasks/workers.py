"""Other processes that hold leases."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from types import TracebackType
from typing import Self

from django.conf import settings
from django.utils import timezone

from tasks.models import TaskState

HOLDER_PROGRAM = """
from tasks.leases import current_holder
print(current_holder(), flush=True)
input()
"""
ELSEWHERE = "another-machine@1a2b3c4d/17/4711"
"""A process of a machine that we cannot look into."""


class OtherWorker:
    """A living process of this machine, until `kill`. Use it as a context manager.

    `holder` is what it calls itself in a lease.
    """

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", HOLDER_PROGRAM],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.holder = self._process.stdout.readline().strip()
        self.pid = self._process.pid
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def kill(self) -> None:
        """End it as the out-of-memory killer would."""
        self._process.kill()
        self._process.wait()


def hand_lease_to(holder: str, task: TaskState, seconds: float = 60) -> None:
    """Let `holder` have the lease from now on, as if it had claimed the step."""
    end = timezone.now() + timedelta(seconds=seconds)
    TaskState.objects.filter(pk=task.pk).update(lease_holder=holder, lease_expires_at=end)
