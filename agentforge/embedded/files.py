"""Files of the data directory that must be whole, private, or held by one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyHeldError(Exception):
    """Another process holds the lock."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"Process {holder} holds the lock.")
        self.holder = holder


def write_private(path: Path, text: str) -> None:
    """Replace the file in one move by one that only its owner may read."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`. The kernel lets go of it when this process ends, however.

    Raises:
        AlreadyHeldError: another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyHeldError(file.read()) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
