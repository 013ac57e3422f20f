"""Directories for the temporary files of programs, which are removed in every ending.

Whoever works with one holds a lock on it: the worker and the program's guard. The guard removes it
when the program has ended, also if the worker was killed. If both were, nobody holds the lock any
more, and the next program or worker that starts on the machine removes the directory.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery.signals import worker_ready

from tasks.errors import PermanentError
from tasks.programs.removal import remove


@dataclass(frozen=True, slots=True)
class Scratch:
    """A directory, and the file descriptor that holds its lock."""

    path: Path
    lock: int


def root() -> Path:
    """Where these directories are: below the machine's directory for temporary files (`TMPDIR`).

    Raises:
        PermanentError: somebody else has taken the place.
    """
    place = Path(tempfile.gettempdir()) / f"agentforge-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermanentError(
            f"{place} is needed for temporary files and belongs to somebody else. Remove it, or "
            "start the worker with another TMPDIR.",
            code="no_scratch_directory",
        )
    return place


@contextmanager
def scratch(name: str) -> Iterator[Scratch]:
    """A new directory within the block.

    Args:
        name: what its own name begins with.
    """
    place = root()
    remove_left_behind(place)
    made = _made(place, name)
    try:
        yield made
    finally:
        remove(str(made.path))
        os.close(made.lock)


def remove_left_behind(place: Path) -> None:
    """Remove the directories that nobody works with any more."""
    for directory in place.iterdir():
        with suppress(OSError):
            lock = _locked(directory)
            try:
                remove(str(directory))
            finally:
                os.close(lock)


@worker_ready.connect
def remove_at_start(**_: Any) -> None:
    """Let a new worker remove them: it may well come after a crash of the machine."""
    with suppress(OSError, PermanentError):
        remove_left_behind(root())


def _made(place: Path, name: str) -> Scratch:
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place))
        # Another process may have taken it for one that was left behind.
        with suppress(OSError):
            return Scratch(path, _locked(path))


def _locked(directory: Path) -> int:
    """The lock on a directory.

    Raises:
        OSError: somebody holds it, or the directory is gone.
    """
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        directory.lstat()
    except OSError:
        os.close(lock)
        raise
    return lock
