"""The context: sources, which are tables that were imported, and their rows as searchable text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from agents.cli.failure import Failure

AT_ONCE = 500
"""Rows of one INSERT."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table that was imported.

    Attributes:
        name: of the workbook's file.
        columns: names and types, as JSON.
    """

    name: str
    tab: str
    columns: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a source.

    Attributes:
        number: as the workbook counts, from 1.
        text: what is searched, and quoted.
    """

    source: str
    tab: str
    number: int
    text: str


class Database(Protocol):
    """What differs between the databases."""

    name: str
    """For people, without a password."""
    create: ClassVar[Sequence[str]]
    remove: ClassVar[Sequence[str]]
    find: ClassVar[str]
    """Rows that a full-text query finds: the query, and how many rows at the most."""
    holding: ClassVar[str]
    """How many rows it finds."""

    def query_of(self, terms: Sequence[str]) -> str:
        """The full-text query for rows that hold any of these terms."""
        ...

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute one statement with `%s` for each value, and return its rows."""
        ...

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...

    def has_tables(self) -> bool: ...

    def transaction(self) -> AbstractContextManager[object]: ...

    def close(self) -> None: ...


class Store:
    """The context of a project, on one connection: for one thread."""

    def __init__(self, database: Database, again: Callable[[], Database]) -> None:
        self._database = database
        self._again = again

    @property
    def name(self) -> str:
        return self._database.name

    def another(self) -> Store:
        """The same on a connection of its own, for another thread."""
        return Store(self._again(), self._again)

    def close(self) -> None:
        self._database.close()

    def is_ready(self) -> bool:
        return self._database.has_tables()

    def create_tables(self) -> None:
        """Make what is missing of tables and indexes."""
        with self._database.transaction():
            for statement in self._database.create:
                self._database.execute(statement)

    def remove_tables(self) -> None:
        with self._database.transaction():
            for statement in self._database.remove:
                self._database.execute(statement)

    def require_tables(self) -> None:
        """Raises:
        Failure: they are missing.
        """
        if not self.is_ready():
            raise Failure(f"{self.name} is not prepared. Run seed-db first.")

    def count(self) -> int:
        """How many rows there are in all."""
        ((rows,),) = self._database.execute("SELECT count(*) FROM context_row")
        return int(rows)

    @contextmanager
    def replacing(self, source: Source) -> Iterator[Callable[[Iterable[tuple[int, str]]], None]]:
        """Put a source in the place of the one with its name and tab, all at once.

        Yields a function that adds numbered rows of text. Until the end of the block everybody
        else sees the former source, and if it raises, that stays.
        """
        with self._database.transaction():
            key = (source.name, source.tab)
            self._database.execute("DELETE FROM context_source WHERE name = %s AND tab = %s", key)
            ((id_,),) = self._database.execute(
                "INSERT INTO context_source (name, tab, columns) VALUES (%s, %s, %s) RETURNING id",
                (*key, json.dumps(source.columns, ensure_ascii=False)),
            )

            def add(rows: Iterable[tuple[int, str]]) -> None:
                self._database.execute_many(
                    "INSERT INTO context_row (source_id, number, text) VALUES (%s, %s, %s)",
                    [(id_, number, text) for number, text in rows],
                )

            yield add

    def find(self, terms: Sequence[str], limit: int) -> list[Row]:
        """Rows that hold any of the terms, those that the database thinks best first."""
        found = self._database.execute(self._database.find, (self._database.query_of(terms), limit))
        return [Row(*row) for row in found]

    def holding(self, term: str) -> int:
        """How many rows hold the term."""
        ((rows,),) = self._database.execute(
            self._database.holding, (self._database.query_of([term]),)
        )
        return int(rows)
