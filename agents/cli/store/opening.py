"""Opens the context of a project where its URL says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from agents.cli.failure import Failure
from agents.cli.store.postgres import PostgresDatabase
from agents.cli.store.sqlite import SqliteDatabase
from agents.cli.store.store import Database, Store


@contextmanager
def open_store(url: str) -> Iterator[Store]:
    """The context in the database that `url` names.

    Args:
        url: `sqlite:///file` (relative to the working directory; with four slashes absolute), or
            `postgres://user:password@host/database`.

    Raises:
        Failure: it is another database, or cannot be reached.
    """
    again = _opener(url)
    store = Store(again(), again)
    try:
        yield store
    finally:
        store.close()


def _opener(url: str) -> Callable[[], Database]:
    parts = urlsplit(url)
    if parts.scheme in ("postgres", "postgresql"):
        return lambda: PostgresDatabase(url)
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return lambda: SqliteDatabase(Path(unquote(parts.path[1:])))
    raise Failure(
        f"The database connection begins with {parts.scheme or 'nothing'}, which is not known. "
        "Write sqlite:///file.sqlite3 or postgres://user:password@host/database."
    )
