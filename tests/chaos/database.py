"""Plain SQL on the database of a stack, beside its own processes and its ORM."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

JSON_COLUMNS = {"data", "output", "result"}


class Database:
    """Reads what a stack has written.

    Args:
        url: DATABASE_URL of the stack; empty for the SQLite file of `data_dir`.
    """

    def __init__(self, url: str, data_dir: Path) -> None:
        self._url = url
        self._file = data_dir / "agentforge.sqlite3"

    @property
    def is_server(self) -> bool:
        """Whether it is PostgreSQL, which writes ids with hyphens."""
        return bool(self._url)

    def rows(self, query: str) -> list[Row]:
        """The rows of a query, with the same types whatever the database is."""
        return [{name: _plain(name, row[name]) for name in row} for row in self._read(query)]

    def _read(self, query: str) -> Iterator[Row]:
        if self._url:
            with psycopg.connect(self._url, row_factory=dict_row) as server:
                yield from server.execute(query.encode())
            return
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=30)) as file:
            file.row_factory = sqlite3.Row
            yield from (dict(row) for row in file.execute(query))


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):
        return value
    if name in JSON_COLUMNS:
        return json.loads(value)
    if name == "at" or name.endswith("_at"):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if (name == "id" or name.endswith("_id")) and len(value) == 32:
        return str(UUID(value))
    return value
