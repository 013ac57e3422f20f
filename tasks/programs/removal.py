"""Removes a directory whatever its rights. The guard imports it: the standard library only."""

import os
from contextlib import suppress


def remove(directory: str) -> None:
    """Remove `directory` with all that is in it. What cannot be removed stays."""
    # Imported late: it would take the guard as long as all the rest of its start.
    import shutil

    shutil.rmtree(directory, ignore_errors=True)
    if os.path.lexists(directory):
        _make_writable(directory)
        shutil.rmtree(directory, ignore_errors=True)


def _make_writable(directory: str) -> None:
    """A program may have taken the rights to its own directories from itself."""
    with suppress(OSError):
        os.chmod(directory, 0o700)  # noqa: PTH101  (pathlib is too slow to import)
    for folder, names, _ in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118
            if not os.path.islink(path):  # noqa: PTH114
                with suppress(OSError):
                    os.chmod(path, 0o700)  # noqa: PTH101
