"""The processes below a process, as /proc shows them; see proc(5). Where it is not, there are none.

The file needs nothing but the standard library: `guard` imports it, too.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from signal import SIGKILL
from typing import NamedTuple


class Process(NamedTuple):
    """One process. `started`, in ticks since the machine's boot, tells it from one that reuses its
    id."""

    pid: int
    parent: int
    started: int


def ticks() -> int:
    """The present moment, as `Process.started` counts."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def descendants(of: int, without: frozenset[int] = frozenset()) -> list[Process]:
    """The living processes below `of`, parents before their children.

    Args:
        without: processes to leave out, with all that is below them.
    """
    below: dict[int, list[Process]] = {}
    for process in _processes():
        below.setdefault(process.parent, []).append(process)
    found = [process for process in below.get(of, []) if process.pid not in without]
    for process in found:
        found.extend(child for child in below.get(process.pid, []) if child.pid not in without)
    return found


def kill(processes: list[Process]) -> None:
    """Kill each of the processes that is still there."""
    for process in processes:
        with suppress(OSError):
            if _process(process.pid) == process:
                os.kill(process.pid, SIGKILL)


def _processes() -> Iterator[Process]:
    with suppress(FileNotFoundError):
        # Without pathlib, whose import would take the guard longer than all the rest of its start.
        for name in os.listdir("/proc"):  # noqa: PTH208
            if name.isdigit() and (process := _process(int(name))):
                yield process


def _process(pid: int) -> Process | None:
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as stat:  # noqa: PTH123
            state, parent, *rest = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state in "ZX" else Process(pid, int(parent), int(rest[17]))
