"""Processor time: a figure that the noise of a shared machine disturbs less than a clock."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of_tree(root: int) -> float:
    """Processor seconds that process `root` and all below it have used, the ended ones included.

    See proc(5): `stat` has the parent in field 4 and the four times in fields 14 to 17.
    """
    fields = {pid: stat for pid in _pids() if (stat := _stat(pid))}
    return sum(_ticks(stat) for pid, stat in fields.items() if _is_below(pid, root, fields)) / TICKS


def seconds_of(pid: int) -> float:
    """Processor seconds that process `pid`, which has one thread, has used so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(stat: list[str]) -> int:
    return sum(map(int, stat[11:15]))


def _is_below(pid: int, root: int, fields: dict[int, list[str]]) -> bool:
    while pid != root:
        if pid not in fields:
            return False
        pid = int(fields[pid][1])
    return True
