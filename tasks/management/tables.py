"""What a command that works on tasks needs before it starts."""

from __future__ import annotations

from django.core.management import CommandError
from django.db import DatabaseError, connection

from tasks.models import TaskState


def require_tables() -> None:
    """Refuse a database that nobody has set up.

    Raises:
        CommandError: it has no tables yet, or does not answer.
    """
    try:
        tables = connection.introspection.table_names()
    except DatabaseError as error:
        raise CommandError(
            f"The database cannot be used: {str(error).strip()}. Check DATABASE_URL."
        ) from error
    if TaskState._meta.db_table not in tables:
        raise CommandError(
            "Nothing is set up here yet. Run `make up` (or `python manage.py migrate`) first."
        )
