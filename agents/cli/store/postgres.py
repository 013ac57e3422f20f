"""The context in a PostgreSQL database, with a generated `tsvector` and its GIN index."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import psycopg

from agents.cli.failure import Failure
from agents.cli.store.urls import without_password

CONNECT_SECONDS = 10


class PostgresDatabase:
    """See `agents.cli.store.store.Database`.

    Raises:
        Failure: the server cannot be reached, or does not let us in.
    """

    create: ClassVar[Sequence[str]] = (
        """CREATE TABLE IF NOT EXISTS context_source (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
            tab text NOT NULL, columns jsonb NOT NULL,
            imported_at timestamptz NOT NULL DEFAULT now(), UNIQUE (name, tab)
        )""",
        """CREATE TABLE IF NOT EXISTS context_row (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            source_id bigint NOT NULL REFERENCES context_source ON DELETE CASCADE,
            number integer NOT NULL, text text NOT NULL,
            words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
            UNIQUE (source_id, number)
        )""",
        "CREATE INDEX IF NOT EXISTS context_row_words ON context_row USING gin (words)",
    )
    remove: ClassVar[Sequence[str]] = (
        "DROP TABLE IF EXISTS context_row",
        "DROP TABLE IF EXISTS context_source",
    )
    find: ClassVar[str] = """
        SELECT source.name, source.tab, row.number, row.text
        FROM context_row AS row JOIN context_source AS source ON source.id = row.source_id,
        websearch_to_tsquery('english', %s) AS query
        WHERE row.words @@ query ORDER BY ts_rank_cd(row.words, query) DESC, row.id LIMIT %s
    """
    # A word that the dictionary ignores, such as "out", counts for one that all rows hold.
    holding: ClassVar[str] = """
        SELECT count(*) FROM context_row, websearch_to_tsquery('english', %s) AS query
        WHERE words @@ query OR numnode(query) = 0
    """

    def __init__(self, url: str) -> None:
        self.name = without_password(url)
        try:
            self._connection = psycopg.connect(
                url, autocommit=True, connect_timeout=CONNECT_SECONDS
            )
        except psycopg.Error as error:
            # psycopg quotes the server, which does not quote the password.
            raise Failure(f"{self.name} cannot be reached: {error}.") from error

    def query_of(self, terms: Sequence[str]) -> str:
        # Within quotes only a quote means anything.
        return " or ".join('"' + term.replace('"', " ") + '"' for term in terms)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    def has_tables(self) -> bool:
        return self.execute("SELECT to_regclass('context_row') IS NOT NULL") == [(True,)]

    def transaction(self) -> AbstractContextManager[object]:
        return self._connection.transaction()

    def close(self) -> None:
        self._connection.close()
