"""Files that a task names: they must lie within the project's paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tasks.errors import PermanentError


def outside(name: str, paths: Mapping[str, str], directory: Path) -> str:
    """Why a file may not be used, by its name alone; empty if it may.

    Args:
        name: absolute, or relative to `directory`, which is where the program runs.
        paths: the project's, by name.
    """
    wanted = Path(os.path.normpath(directory / name))
    if any(_is_within(wanted, Path(path)) for path in paths.values()):
        return ""
    if not paths:
        return "The project has no paths, so no file can be named. Add one to the project."
    known = ", ".join(paths.values())
    return f"{name} is outside the project's paths. Name a file within one of: {known}."


def found(name: str, paths: Mapping[str, str], directory: Path) -> Path:
    """The file of that name on this machine, with every link followed.

    Raises:
        PermanentError: it is not there, or a link leads out of the project's paths.
    """
    if reason := outside(name, paths, directory):
        raise PermanentError(reason, code="file_outside")
    file = (directory / name).resolve()
    if not any(_is_within(file, Path(path).resolve()) for path in paths.values()):
        raise PermanentError(
            f"{name} is a link that leads out of the project's paths. Copy the file into them.",
            code="file_outside",
        )
    if not file.is_file():
        raise PermanentError(
            f"There is no file {name} on the worker's machine. Put it there, or mend its name.",
            code="file_missing",
        )
    return file


def _is_within(file: Path, directory: Path) -> bool:
    return file.is_relative_to(directory) and file != directory
