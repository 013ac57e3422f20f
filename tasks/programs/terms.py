"""Under which terms a program runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.programs.scratch import Scratch


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program and all that it starts may use; None for as much as there is.

    Args:
        seconds: how long it may run.
        memory: bytes that its processes may hold together.
        processes: how many there may be at a time.
        output: bytes that it may write to its standard output and standard error.
    """

    seconds: float | None = None
    memory: int | None = None
    processes: int | None = None
    output: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Where a program runs, with what, and within which limits.

    Args:
        cwd: the directory it runs in; by default the worker's.
        env: its whole environment; by default the worker's.
        limits: what it may use.
        scratch: a directory that its guard removes when all of it has ended.
        hide: takes out of a text what nobody is to see.
    """

    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    limits: Limits = Limits()
    scratch: Scratch | None = None
    hide: Callable[[str], str] = str
