"""Where the context is kept: tables in the project's own database, SQLite or PostgreSQL."""

from agents.cli.store.opening import open_store
from agents.cli.store.store import Row, Source, Store

__all__ = ["Row", "Source", "Store", "open_store"]
