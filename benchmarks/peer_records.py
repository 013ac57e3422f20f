"""What a procrastinate job would write to keep the same record as the engine's steps.

The task's row and the step's, and an event at each begin and end, numbered under the task's lock
and published to Redis. Everything of one moment is one statement: the shortest way there is.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any
from uuid import UUID

import redis.asyncio

SCHEMA = """
CREATE TABLE record_task (
    id uuid PRIMARY KEY, state text, percent real, step int, last_seq int,
    created_at timestamptz DEFAULT now(), finished_at timestamptz
);
CREATE TABLE record_step (
    task uuid, number int, state text, attempts int, started_at timestamptz,
    finished_at timestamptz, PRIMARY KEY (task, number)
);
CREATE TABLE record_event (
    id bigserial PRIMARY KEY, task uuid, seq int, type text, state text, percent real, step int,
    at timestamptz DEFAULT now(), UNIQUE (task, seq)
);
"""
SUBMIT = """
WITH task AS (INSERT INTO record_task VALUES (%(task)s, 'QUEUED', 0, 0, 1)),
steps AS (
    INSERT INTO record_step
    SELECT %(task)s, number, 'PENDING', 0 FROM generate_series(1, %(last)s) number
)
INSERT INTO record_event (task, seq, type, state, percent, step)
VALUES (%(task)s, 1, 'state', 'QUEUED', 0, 0)
"""
BEGIN = """
WITH task AS (
    UPDATE record_task SET state = 'RUNNING', step = %(number)s, last_seq = last_seq + 1
    WHERE id = %(task)s AND state IN ('QUEUED', 'RUNNING') RETURNING *
), step AS (
    UPDATE record_step SET state = 'RUNNING', attempts = attempts + 1, started_at = now()
    WHERE task = %(task)s AND number = %(number)s
)
INSERT INTO record_event (task, seq, type, state, percent, step)
SELECT id, last_seq, 'step', state, percent, step FROM task
"""
END = """
WITH task AS (
    UPDATE record_task SET percent = 100.0 * %(number)s / %(last)s, last_seq = last_seq + 1,
        state = CASE WHEN %(number)s = %(last)s THEN 'SUCCESS' ELSE state END,
        finished_at = CASE WHEN %(number)s = %(last)s THEN now() END
    WHERE id = %(task)s AND state = 'RUNNING' RETURNING *
), step AS (
    UPDATE record_step SET state = 'SUCCESS', finished_at = now()
    WHERE task = %(task)s AND number = %(number)s
)
INSERT INTO record_event (task, seq, type, state, percent, step)
SELECT id, last_seq, 'step', state, percent, step FROM task
"""


async def write(pool: Any, moment: str, task: UUID, number: int, last: int) -> None:
    """Record a moment of the step, and tell whoever watches."""
    async with pool.connection() as connection:
        await connection.execute(moment, {"task": task, "number": number, "last": last})
    await _redis().publish(f"task.{task}", f'{{"step": {number}}}')


@lru_cache(maxsize=1)
def _redis() -> redis.asyncio.Redis:
    return redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
