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


def below(of: int) -> list[int]:
    """The ids of the processes below `of`, as the kernel lists each one's children: in a small part
    of the time that a look at all of /proc takes. One that is born meanwhile may be missing."""
    if not _LISTS_CHILDREN:
        return [process.pid for process in descendants(of)]
    found = [*_children(of)]
    for pid in found:
        found.extend(_children(pid))
    return found


def resident(pids: list[int]) -> dict[int, int]:
    """The bytes of memory that each of the processes holds, without those that have ended."""
    held = {pid: _pages(pid) * _PAGE for pid in pids}
    return {pid: size for pid, size in held.items() if size}


def proportional(pids: list[int]) -> int:
    """The bytes that the processes hold together, with what they share counted once. It takes the
    kernel much longer to say than `resident`."""
    return sum(_proportional(pid) for pid in pids)


_PAGE = os.sysconf("SC_PAGE_SIZE")
_LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/children") as children:  # noqa: PTH123
                yield from map(int, children.read().split())


def _pages(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as statm:  # noqa: PTH123
            return int(statm.read().split()[1])
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:  # noqa: PTH123
            lines = (line.split() for line in rollup)
            return next(int(words[1]) * 1024 for words in lines if words[0] == "Pss:")
    except (OSError, StopIteration):
        return _pages(pid) * _PAGE


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
