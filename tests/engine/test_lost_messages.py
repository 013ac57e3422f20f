"""The database is the truth: a message that the broker loses is sent again."""

from __future__ import annotations

import pytest
from kombu import Connection, Queue

from agentforge.environment import embedded_redis_url
from tests.engine.driver import Engine
from tests.stack import Stack

pytestmark = pytest.mark.services


def broker_url(stack: Stack) -> str:
    given = stack.environment.get("CELERY_BROKER_URL") or stack.environment.get("REDIS_URL")
    return given or embedded_redis_url(stack.data_dir)


def lose_all_messages(stack: Stack) -> int:
    """Empty the broker's queues, as a broker without a disk does when it crashes."""
    with Connection(broker_url(stack)) as connection:
        return Queue("normal", channel=connection.default_channel).purge() or 0


def test_a_task_whose_message_is_lost_finishes_all_the_same(engine: Engine, stack: Stack) -> None:
    busy = [engine.submit("test-wait") for _ in range(2)]
    for task_id in busy:
        engine.wait_for_message(task_id, "waiting")
    waiting = [engine.submit("test-seven") for _ in range(4)]
    assert lose_all_messages(stack) > 0
    for task_id in busy:
        engine.cancel(task_id)
    for task_id in waiting:
        engine.wait_for(task_id, "SUCCESS", seconds=40)
