"""A program under guard, and the pipes it writes to."""

from __future__ import annotations

import math
import os
import selectors
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tasks.errors import PermanentError
from tasks.programs import process_tree
from tasks.programs.terms import Terms

GUARD = Path(__file__).with_name("guard.py")
READ = 65_536
STDERR_KEPT = 65_536
"""Bytes."""
STDERR_MARGIN = 16 * 1024
"""Bytes that are kept besides, and not shown: longer than anything that is to be hidden."""

TOLD_BY_GUARD = {b"m": "memory", b"p": "processes"}

_guards: set[int] = set()
"""The guards that this process has started. They see to their own ends."""
_starting = threading.Lock()


def kill_unguarded(since: int) -> None:
    """Kill what this process has started since then (in `process_tree.ticks`) without a guard."""
    with _starting:
        below = process_tree.descendants(os.getpid(), without=frozenset(_guards))
    process_tree.kill([process for process in below if process.started >= since])


class Program:
    """A program that runs within the `with` block. At its end nothing of it is left.

    Attributes:
        over: which of its limits it has exceeded: `seconds`, `memory`, `processes` or `output`;
            empty if none.

    Raises:
        PermanentError: there is no such program, or no such directory.
    """

    def __init__(self, command: Sequence[str], terms: Terms) -> None:
        self._command = command
        self._terms = terms
        self._stderr = b""
        self._stderr_is_cut = False
        self._printed = 0
        self.over = ""

    def __enter__(self) -> Self:
        terms, scratch = self._terms, self._terms.scratch
        _refuse_what_is_not_there(self._command[0], terms.cwd, terms.env)
        self._line, theirs = socket.socketpair()
        self._line.setblocking(False)
        with _starting, theirs:
            self._guard = subprocess.Popen(  # noqa: S603  (no shell is between)
                _guarded(self._command, terms),
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=terms.cwd,
                env=terms.env,
                pass_fds=[scratch.lock] if scratch else [],
                start_new_session=True,
            )
            _guards.add(self._guard.pid)
        self._deadline = time.monotonic() + (terms.limits.seconds or math.inf)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The end of the line tells the guard to kill what is left.
        self._line.close()
        self._guard.wait()
        _guards.discard(self._guard.pid)
        for pipe in (self._guard.stdout, self._guard.stderr):
            assert pipe  # noqa: S101  (both were asked for)
            pipe.close()

    def stop(self) -> None:
        """Ask for the end, from any thread: SIGTERM, and SIGKILL two seconds later."""
        # A line that is full has told it often enough, one that is closed that it has ended.
        with suppress(OSError):
            self._line.send(b"!")

    def output(self, patience: Callable[[], float | None]) -> Iterator[bytes]:
        """What the program writes to its standard output, as it comes, until all of it has ended.

        Reads no faster than the caller asks for more: a program that is faster has to wait.

        Args:
            patience: seconds until the caller wants to be asked again, with an empty piece if there
                is no output; None for as long as it takes.
        """
        guard_is_there = True
        with selectors.DefaultSelector() as sources:
            for source in (self._line, self._guard.stdout, self._guard.stderr):
                assert source  # noqa: S101  (both pipes were asked for)
                sources.register(source, selectors.EVENT_READ)
            while ready := self._ready(sources, patience, guard_is_there) or guard_is_there:
                if time.monotonic() >= self._deadline:
                    self._exceed("seconds")
                if ready is True:
                    yield b""
                    continue
                for key, _ in ready:
                    data = _read(key.fd)
                    if not data:
                        sources.unregister(key.fileobj)
                        guard_is_there = guard_is_there and key.fileobj is not self._line
                    elif key.fileobj is self._line:
                        self.over = self.over or TOLD_BY_GUARD[data[:1]]
                    elif key.fileobj is self._guard.stdout:
                        yield from self._within_limit(data)
                    else:
                        self._keep_stderr(data)
                        self._count(data)

    def _ready(
        self,
        sources: selectors.BaseSelector,
        patience: Callable[[], float | None],
        guard_is_there: bool,
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if not guard_is_there:
            return sources.select(0)
        until = self._deadline - time.monotonic()
        patient = patience()
        if patient is None and until == math.inf:
            return sources.select(None)
        return sources.select(max(0, min(until, math.inf if patient is None else patient)))

    def _keep_stderr(self, data: bytes) -> None:
        kept, most = self._stderr + data, STDERR_KEPT + STDERR_MARGIN
        self._stderr = kept[-most:]
        self._stderr_is_cut = self._stderr_is_cut or len(kept) > most

    def _within_limit(self, data: bytes) -> Iterator[bytes]:
        """What was printed, unless it is more than may be."""
        if self.over != "output" and self._count(data):
            yield data

    def _count(self, data: bytes) -> bool:
        """Count what was printed: whether it is no more than may be."""
        self._printed += len(data)
        limit = self._terms.limits.output
        if limit is not None and self._printed > limit:
            self._exceed("output")
        return self.over != "output"

    def _exceed(self, limit: str) -> None:
        self._deadline = math.inf
        if not self.over:
            self.over = limit
            self.stop()

    @property
    def exit_code(self) -> int:
        """As `subprocess` has it: below 0 for a signal. Once the output has ended."""
        return self._guard.wait()

    @property
    def stderr(self) -> str:
        """The last of what it has written to its standard error."""
        shown = self._terms.hide(self._stderr.decode(errors="replace"))
        if self._stderr_is_cut:
            # What is to be hidden is not known by its second half, which may stand at the begin.
            shown = shown[STDERR_MARGIN:]
        return shown[-STDERR_KEPT:]


def _guarded(command: Sequence[str], terms: Terms) -> list[str]:
    # Without site packages, and not isolated only because its neighbours are to be found.
    guard = [sys.executable, "-E", "-s", "-S", str(GUARD), str(os.getpid())]
    limits, scratch = terms.limits, terms.scratch
    scratch_argument = f"{scratch.lock}:{scratch.path}" if scratch else ""
    return [
        *guard,
        str(limits.memory or 0),
        str(limits.processes or 0),
        scratch_argument,
        *command,
    ]


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, READ)
    except ConnectionResetError:
        # The guard has ended without hearing the last that it was told.
        return b""


def _refuse_what_is_not_there(
    name: str, cwd: Path | None, variables: Mapping[str, str] | None
) -> None:
    if cwd is not None and not cwd.is_dir():
        raise PermanentError(
            f"There is no directory {cwd} to run {name} in. Make it, or name another one.",
            code="program_missing",
        )
    given = os.environ if variables is None else variables
    path = given.get("PATH", os.defpath)
    where = str((cwd or Path()) / name) if "/" in name else name
    if shutil.which(where, path=path) is None:
        raise PermanentError(
            f"There is no program {name} that this worker may run. Install it, or mend its name.",
            code="program_missing",
        )
