"""Moves stuck tasks one by one: whatever is wrong with one of them, the others are moved."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from kombu.exceptions import OperationalError as BrokerError

from tasks import leases, log_lines
from tasks.errors import Superseded

logger = logging.getLogger(__name__)

BATCH = 500
"""Rows of one kind that a sweep moves at most. The next one is due in seconds."""


def move_each(rows: Iterable[tuple[Any, ...]], move: Callable[..., object], done: str) -> int:
    """Call `move` for each row; how many were moved, and not by somebody else meanwhile.

    Args:
        rows: the arguments of `move`, a task's id first.
        done: the log's line about one that was moved, with a place for each of them.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer, so none can be sent.
    """
    return sum(_is_moved(row, move, done) for row in rows)


def _is_moved(row: tuple[Any, ...], move: Callable[..., object], done: str) -> bool:
    task_id: UUID = row[0]
    with log_lines.about(task_id=task_id):
        try:
            move(*row)
        except Superseded:
            return False
        except BrokerError:
            raise
        except Exception:
            logger.exception("%s is stuck and could not be moved", task_id)
            return False
        logger.warning(done, *row)
        return True


def dead_holders(rows: QuerySet[Any]) -> list[str]:
    """Those that hold a lease of one of the rows, and are known to be dead."""
    held = rows.exclude(lease_holder="").order_by()
    holders = held.values_list("lease_holder", flat=True).distinct()
    return [holder for holder in holders if leases.is_dead(holder)]
