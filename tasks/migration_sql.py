"""What a migration says to each database in the words of that one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.migrations import RunPython

Statements = Mapping[str, Sequence[str]]
"""SQL by Django's name of the database: `sqlite`, `postgresql`."""


def per_database(create: Statements, drop: Statements) -> RunPython:
    """The operation that executes `create`, and `drop` when the migration is taken back."""
    return RunPython(_executing(create), _executing(drop))


def _executing(statements: Statements) -> Callable[[Any, Any], None]:
    def execute(apps: Any, schema_editor: Any) -> None:
        for statement in statements[schema_editor.connection.vendor]:
            # None: a percent sign is meant literally.
            schema_editor.execute(statement, params=None)

    return execute
