"""Which processes are there."""

from __future__ import annotations

from pathlib import Path


def is_there(pid: int) -> bool:
    """Whether there is a process of that id which has not ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
