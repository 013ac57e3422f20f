"""Databases of their own for stacks and programs, on the server of DATABASE_URL or in files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

NewDatabase = Callable[[Path], AbstractContextManager[dict[str, str]]]
"""Gives the environment of a stack on a data directory with a database of its own."""


@contextmanager
def own_database(data_dir: Path, template: str = "template1") -> Iterator[dict[str, str]]:
    """The environment of a stack with a new database on the server of DATABASE_URL.

    SQLite needs none of this: there the database is a file of the data directory.

    Args:
        template: the database of that server that it begins as; without one, it is empty.
    """
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        yield {"DATABASE_URL": ""}
        return
    with created(f"{url.path.strip('/')}_{data_dir.name}", template) as name:
        yield {"DATABASE_URL": url._replace(path=f"/{name}").geturl()}


@contextmanager
def copies_of_the_test_database(directory: Path) -> Iterator[NewDatabase]:
    """New databases that are as the test database is now: nobody has to migrate them."""
    tests_own = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        original = directory / "migrated.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(original)])
        yield lambda data_dir: copied(original, data_dir)
        return
    # A database to which somebody is connected cannot be copied.
    connection.close()
    with created(f"{tests_own}_migrated", tests_own) as template:
        yield lambda data_dir: own_database(data_dir, template)


@contextmanager
def copied(original: Path, data_dir: Path) -> Iterator[dict[str, str]]:
    """The environment of a stack whose data directory holds a copy of the SQLite file."""
    shutil.copy(original, data_dir / "agentforge.sqlite3")
    yield {"DATABASE_URL": ""}


@contextmanager
def created(name: str, template: str) -> Iterator[str]:
    """The name of a database that is created from the template, and dropped at the end."""
    maintenance = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(maintenance, autocommit=True) as server:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield name
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(name)))
