"""Exact totals, since the beginning and by the hour: what ended how, and how long it took.

They are written in the transaction of what they count, so they are neither behind nor ahead of the
tasks, whatever dies in between; and they stay when retention removes the tasks.
"""

from __future__ import annotations

import math
import os
import socket
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

from django.db import connection
from django.utils import timezone

from tasks.models import Counter, HourTotal
from tasks.statements import Statement
from tasks.states import Measure

BOUNDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, math.inf)
"""Seconds: the upper bounds of the classes that durations are counted in."""

SHARDS = 32
"""Rows that share one total. A row is locked until the transaction that wrote it commits, so with
a single one every worker that ends a step would wait for all the others' commits. Each process
writes a shard of its own, as long as there are no more processes than shards."""


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """One thing that happened, under the labels that it is counted by."""

    measure: str
    workflow: str
    step: str = ""
    state: str = ""
    bound: float = math.inf
    seconds: float = 0.0


def timed(measure: str, workflow: str, step: str, state: str, seconds: float) -> Count:
    """Something that took `seconds`, in its class of durations."""
    seconds = max(seconds, 0.0)  # The clock may have been set back.
    return Count(measure, workflow, step, state, BOUNDS[bisect_left(BOUNDS, seconds)], seconds)


def additions(counts: Iterable[Count]) -> Iterator[Statement]:
    """What adds to the totals, and to those of the hour. Execute it last in its transaction.

    The rows are locked in one order, so two transactions never wait for each other; and what is
    written last is locked for one commit only.
    """
    in_order = sorted(counts)
    for count in in_order:
        yield Statement(_upsert(), [*astuple(count), _shard()])
    hour = _this_hour()
    for count in in_order:
        if count.measure == Measure.RUN:
            values = [hour, count.workflow, count.state, count.seconds, _shard()]
            yield Statement(_upsert_hour(), values)


@lru_cache(maxsize=1)
def _upsert() -> str:
    """Django's bulk_create can only overwrite on a conflict, not add."""
    table = connection.ops.quote_name(Counter._meta.db_table)
    return (
        f"INSERT INTO {table} "  # noqa: S608  (nothing but our own table's name)
        "(measure, workflow, step, state, bound, seconds, shard, count) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, 1) "
        "ON CONFLICT (measure, workflow, step, state, bound, shard) DO UPDATE SET "
        f"count = {table}.count + excluded.count, seconds = {table}.seconds + excluded.seconds"
    )


@lru_cache(maxsize=1)
def _upsert_hour() -> str:
    table = connection.ops.quote_name(HourTotal._meta.db_table)
    return (
        f"INSERT INTO {table} (hour, workflow, state, seconds, shard, count) "  # noqa: S608
        "VALUES (%s, %s, %s, %s, %s, 1) "
        "ON CONFLICT (hour, workflow, state, shard) DO UPDATE SET "
        f"count = {table}.count + 1, seconds = {table}.seconds + excluded.seconds"
    )


def _this_hour() -> Any:
    """The hour that it is now, as the database's driver takes it."""
    began = timezone.now().replace(minute=0, second=0, microsecond=0)
    return HourTotal._meta.get_field("hour").get_db_prep_value(began, connection)


def _shard() -> int:
    return (os.getpid() + _machine()) % SHARDS


@lru_cache(maxsize=1)
def _machine() -> int:
    """Tells containers apart, whose processes have the same ids."""
    return crc32(socket.gethostname().encode())
