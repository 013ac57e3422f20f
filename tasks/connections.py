"""The database connections of a worker's process: kept between steps, replaced when cut off."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from celery.signals import task_prerun, worker_process_init
from django.db import close_old_connections, connections

MAX_AGE = 600
"""Seconds that a connection is kept, so that a pooler or a failover gets its turn."""
RECENT = 1.0
"""Seconds after a look at the connections in which they are trusted."""


@worker_process_init.connect
def keep_connections(**_: Any) -> None:
    """Keep this process's connections from one step to the next.

    Opening one takes PostgreSQL longer than all that a short step asks of it. Celery would close
    them before and after each step (`CELERY_DB_REUSE_MAX` tells it not to), and Django keeps none
    by default.
    """
    for options in connections.settings.values():
        options.update(CONN_MAX_AGE=MAX_AGE, CONN_HEALTH_CHECKS=True)


@task_prerun.connect
def close_old(**_: Any) -> None:
    """Begin a step without connections that are too old or broken, as Django begins a request.

    One that the step before has just used is not asked whether it is well.
    """
    global _looked_at
    if time.monotonic() - _looked_at > RECENT:
        close_old_connections()
        _looked_at = time.monotonic()


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


_looked_at = -RECENT
