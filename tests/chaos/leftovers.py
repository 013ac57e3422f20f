"""What is left when all tasks are at rest: nothing to tell anybody, and no message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kombu import Connection

from agentforge.environment import embedded_redis_url
from tasks.states import Priority
from tests.chaos.database import Database
from tests.stack import Stack

PENDING = "SELECT count(*) AS pending FROM tasks_webhookdelivery WHERE state = 'PENDING'"
SECONDS = 60.0
"""A courier that was killed holds its batch for half of this."""


def all_told(database: Database) -> bool:
    """Wait until every webhook is delivered: whether that happened."""
    return _within(SECONDS, lambda: database.rows(PENDING)[0]["pending"] == 0)


def messages_left(stack: Stack) -> dict[str, int]:
    """What stays in each queue of tasks. The sweep's own queue is never empty for long."""
    environment = stack.environment
    given = environment.get("CELERY_BROKER_URL") or environment.get("REDIS_URL")
    with Connection(given or embedded_redis_url(stack.data_dir)) as connection:
        _within(SECONDS, lambda: not any(_waiting(connection).values()))
        return _waiting(connection)


def _waiting(connection: Connection) -> dict[str, int]:
    return {queue: _length(connection, queue) for queue in Priority.values}


def _length(connection: Connection, queue: str) -> int:
    channel: Any = connection.channel()
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except connection.channel_errors:
        # A queue that was never used, or is empty on Redis, is none.
        return 0
    finally:
        channel.close()


def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
