"""The context in an SQLite file, with an FTS5 index that triggers keep."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from agents.cli.failure import Failure

BUSY_SECONDS = 30


class SqliteDatabase:
    """See `agents.cli.store.store.Database`.

    Args:
        path: of the file, which is made if it is missing.

    Raises:
        Failure: it cannot be opened.
    """

    create: ClassVar[Sequence[str]] = (
        """CREATE TABLE IF NOT EXISTS context_source (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, tab TEXT NOT NULL, columns TEXT NOT NULL,
            imported_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, UNIQUE (name, tab)
        )""",
        """CREATE TABLE IF NOT EXISTS context_row (
            id INTEGER PRIMARY KEY, number INTEGER NOT NULL, text TEXT NOT NULL,
            source_id INTEGER NOT NULL REFERENCES context_source ON DELETE CASCADE,
            UNIQUE (source_id, number)
        )""",
        """CREATE VIRTUAL TABLE IF NOT EXISTS context_index USING fts5(
            text, content=context_row, content_rowid=id, tokenize='porter unicode61'
        )""",
        """CREATE TRIGGER IF NOT EXISTS context_row_added AFTER INSERT ON context_row BEGIN
            INSERT INTO context_index (rowid, text) VALUES (new.id, new.text);
        END""",
        """CREATE TRIGGER IF NOT EXISTS context_row_removed AFTER DELETE ON context_row BEGIN
            INSERT INTO context_index (context_index, rowid, text)
            VALUES ('delete', old.id, old.text);
        END""",
    )
    remove: ClassVar[Sequence[str]] = (
        "DROP TABLE IF EXISTS context_index",
        "DROP TABLE IF EXISTS context_row",
        "DROP TABLE IF EXISTS context_source",
    )
    find: ClassVar[str] = """
        SELECT source.name, source.tab, row.number, row.text
        FROM context_index JOIN context_row AS row ON row.id = context_index.rowid
        JOIN context_source AS source ON source.id = row.source_id
        WHERE context_index MATCH %s ORDER BY context_index.rank, row.id LIMIT %s
    """
    holding: ClassVar[str] = "SELECT count(*) FROM context_index WHERE context_index MATCH %s"

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        try:
            # Transactions are begun and ended by `transaction` alone. One thread at a time uses
            # the connection, but another one may close it.
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error as error:
            raise Failure(f"{path} cannot be opened as an SQLite database: {error}.") from error

    def query_of(self, terms: Sequence[str]) -> str:
        # In a quoted string, FTS5 knows no operator.
        return " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql.replace("%s", "?"), values).fetchall()

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._connection.executemany(sql.replace("%s", "?"), rows)

    def has_tables(self) -> bool:
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE name = 'context_row'"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()
