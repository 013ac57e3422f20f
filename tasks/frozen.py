"""Frees the rows that a frozen process holds locked: a machine that hangs in a transaction."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import InternalError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

CUT_OFF = "25P03"
"""PostgreSQL's code (SQLSTATE) for the end of a session whose transaction did nothing."""
SET_TIMEOUT = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"


@receiver(connection_created)
def limit_idle_transactions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let PostgreSQL end a transaction that does nothing for as long as a lease lasts.

    Its process has lost its lease by then. Without this, the row of its task would stay locked
    until the kernel gives the connection up, which takes hours, and who wants to take the task
    over or cancel it would wait for as long.
    """
    if connection.vendor == "postgresql":
        milliseconds = round(settings.AGENTFORGE_LEASE_SECONDS * 1000)
        with connection.cursor() as cursor:
            cursor.execute(SET_TIMEOUT, [str(milliseconds)])


def outage_of(error: BaseException) -> BaseException:
    """What an error of the database means: a connection that it has cut off for being idle is a
    lost one as any other, and no internal error, which its driver calls it."""
    if isinstance(error, InternalError) and getattr(error.__cause__, "sqlstate", "") == CUT_OFF:
        return OperationalError(str(error))
    return error
