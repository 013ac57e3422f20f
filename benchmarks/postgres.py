"""Databases of their own on a PostgreSQL server, for benchmarks that run on one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


def server() -> str:
    """DATABASE_URL where it names a PostgreSQL server; else nothing."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith("postgres") else ""


@contextmanager
def new_database(name: str) -> Iterator[str]:
    """The URL of an empty database on the server, which is removed at the end of the block."""
    url = urlsplit(server())
    maintenance, name = url._replace(path="/postgres").geturl(), f"{name}_{os.getpid()}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield url._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
