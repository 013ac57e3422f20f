"""Runs a program and writes its lines, batch by batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import PermanentError, ProgramFailed, ProgramLimitExceeded, TimeLimitExceeded
from tasks.interrupt import Interrupt
from tasks.programs.last_line import LastLine
from tasks.programs.lines import LineCutter
from tasks.programs.running import Program
from tasks.programs.terms import Limits, Terms

BATCH_SECONDS = 0.1
"""How long a line may wait for others to be written with it."""
BATCH_LINES = 500
BATCH_CHARACTERS = 250_000

Write = Callable[[Sequence[str]], object]
"""Writes lines. If it returns anything true, it is called again soon, perhaps with no line."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program has printed that ended well.

    Attributes:
        lines: how many there were.
        last_line: the last that was not blank, whole; empty if there was none.
        is_cut: whether that was too long to be kept.
    """

    lines: int
    last_line: str
    is_cut: bool


def run(
    command: Sequence[str], write: Write, interrupt: Interrupt, terms: Terms | None = None
) -> Printed:
    """Run `command` to its end, and give `write` the lines of its output, many at a time.

    Raises:
        ProgramFailed: its exit code is not 0.
        TimeLimitExceeded, ProgramLimitExceeded: it used more than it may, and was ended.
        PermanentError: it cannot be started.
        StepInterrupted: the step must stop; the program has been stopped, and all below it.
    """
    terms = terms or Terms()
    last_line = LastLine()
    with Program(command, terms) as program, interrupt.calling(program.stop):
        batch = _Batch(write, terms.hide)
        for piece in program.output(batch.patience):
            last_line.feed(piece)
            batch.add(piece)
        batch.end()
        code = program.exit_code
    interrupt.check()
    name = Path(command[0]).name
    if program.over:
        raise _excess(name, program.over, terms.limits)
    if code:
        raise ProgramFailed(_last_words(name, code, program.stderr))
    return Printed(batch.count, terms.hide(last_line.text), last_line.is_cut)


def _last_words(name: str, code: int, stderr: str) -> str:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    if not stderr.strip():
        return f"The program {name} {how}, and wrote nothing about it to its standard error."
    return f"The program {name} {how}. The last of its standard error:\n{stderr.strip()}"


def _excess(name: str, over: str, limits: Limits) -> PermanentError:
    advice = "Give it less to do, or raise the limit."
    if over == "seconds":
        limit = f"{limits.seconds:g} s"
        return TimeLimitExceeded(
            f"The program {name} ran longer than its limit of {limit}. {advice}"
        )
    said = {
        "memory": f"took more memory than its limit of {(limits.memory or 0) // 10**6} MB",
        "processes": f"had more processes at a time than its limit of {limits.processes}",
        "output": f"printed more than its limit of {(limits.output or 0) / 10**6:g} MB",
    }[over]
    return ProgramLimitExceeded(
        f"The program {name} {said}, and was ended. {advice}", code=f"{over}_limit"
    )


class _Batch:
    """Lines that wait to be written together."""

    def __init__(self, write: Write, hide: Callable[[str], str]) -> None:
        self._write = write
        self._hide = hide
        self._lines = LineCutter()
        self._due_at: float | None = None
        self._is_awaited = False
        self.count = 0

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
        lines = self._lines.take()
        if self._hide is not str:
            lines = [self._hide(line) for line in lines]
        self.count += len(lines)
        batches = [
            lines[first : first + BATCH_LINES] for first in range(0, len(lines), BATCH_LINES)
        ]
        if not batches and self._is_awaited:
            batches = [[]]
        self._is_awaited = False
        for batch in batches:
            self._is_awaited = bool(self._write(batch))
        self._due_at = time.monotonic() + BATCH_SECONDS if self._is_awaited else None
