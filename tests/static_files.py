"""Static files for the test client."""

from __future__ import annotations

from functools import cache
from typing import Any

from servestatic.middleware import ServeStaticMiddleware


class StaticFilesFoundOnce(ServeStaticMiddleware):
    """Looks for the static files once a process. Each test client starts every middleware anew, and
    looking for two hundred files takes longer than most of what a test does."""

    def add_files_from_finders(self) -> None:
        self.files, self.directories = found()


@cache
def found() -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The static files by their URL, and the directories that they are in."""

    async def nowhere(_: Any) -> Any: ...

    middleware = ServeStaticMiddleware(nowhere)
    return middleware.files, middleware.directories
