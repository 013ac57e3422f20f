"""Which processes belong to a data directory."""

from __future__ import annotations

import time
from pathlib import Path


def living_on(data_dir: Path) -> list[int]:
    """The processes that were given `data_dir`, or something in it, in their environment."""
    wanted = str(data_dir).encode()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and wanted in environment_of(entry)
    ]


def environment_of(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def all_gone_from(data_dir: Path, seconds: float = 10) -> bool:
    """Whether no process of `data_dir` is left, at the latest after so many seconds."""
    deadline = time.monotonic() + seconds
    while living_on(data_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
