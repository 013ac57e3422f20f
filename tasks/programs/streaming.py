"""Runs a program and writes its lines, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tasks.errors import ProgramFailed
from tasks.interrupt import Interrupt
from tasks.programs.lines import LineCutter
from tasks.programs.running import Program

BATCH_SECONDS = 0.1
"""How long a line may wait for others to be written with it."""
BATCH_LINES = 500
BATCH_CHARACTERS = 250_000

Write = Callable[[Sequence[str]], object]


def run(
    command: Sequence[str],
    write: Write,
    interrupt: Interrupt,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run `command` to its end, and give `write` the lines of its output, many at a time.

    Raises:
        ProgramFailed: its exit code is not 0.
        PermanentError: it cannot be started.
        StepInterrupted: the step must stop; the program has been stopped, and all below it.
    """
    with Program(command, cwd, env) as program, interrupt.calling(program.stop):
        batch = _Batch(write)
        for piece in program.output(batch.patience):
            batch.add(piece)
        batch.end()
        code = program.exit_code
    interrupt.check()
    if code:
        raise ProgramFailed(_last_words(Path(command[0]).name, code, program.stderr))


def _last_words(name: str, code: int, stderr: str) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    if not stderr.strip():
        return f"The program {name} {how}, and wrote nothing about it to its standard error."
    return f"The program {name} {how}. The last of its standard error:\n{stderr.strip()}"


class _Batch:
    """Lines that wait to be written together."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._lines = LineCutter()
        self._due_at: float | None = None

    def patience(self) -> float | None:
        """Seconds until it must be written."""
        return None if self._due_at is None else max(0, self._due_at - time.monotonic())

    def add(self, piece: bytes) -> None:
        """Add what was read, and write all that is there if it is time."""
        self._lines.feed(piece)
        if self._due_at is None and len(self._lines):
            self._due_at = time.monotonic() + BATCH_SECONDS
        is_big = len(self._lines) >= BATCH_LINES or self._lines.size >= BATCH_CHARACTERS
        if is_big or self.patience() == 0:
            self._flush()

    def end(self) -> None:
        self._lines.end()
        self._flush()

    def _flush(self) -> None:
        self._due_at = None
        lines = self._lines.take()
        for first in range(0, len(lines), BATCH_LINES):
            self._write(lines[first : first + BATCH_LINES])
