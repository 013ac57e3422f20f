"""The database connections of a thread whose work was cut off."""

from __future__ import annotations

from contextlib import suppress

from django.db import connections


def discard() -> None:
    """Give this thread new connections in place of those it has.

    An interrupt may have come between any two instructions: in the middle of an answer, or of
    Django's own book-keeping of a transaction, which no `close()` would mend.
    """
    for alias in connections:
        with suppress(Exception):
            raw = connections[alias].connection
            if raw is not None:
                raw.close()
        del connections[alias]
