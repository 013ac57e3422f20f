"""Everything that the stack has written, read once when all is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.chaos.database import Database, Row

EVENTS = (
    "SELECT task_id, seq, type, state, percent, step, message, data, at FROM tasks_taskevent "
    "ORDER BY task_id, seq"
)
STEPS = (
    "SELECT task_id, position, name, weight, state, done, total, attempts, deaths "
    "FROM tasks_steprun ORDER BY task_id, position"
)


@dataclass
class Ledger:
    """The rows of every task, by its id."""

    tasks: dict[str, Row]
    events: dict[str, list[Row]]
    steps: dict[str, list[Row]]
    deliveries: dict[str, list[Row]]
    counters: list[Row]


def read(database: Database) -> Ledger:
    """The tables of the engine as they are now."""
    tasks = database.rows("SELECT * FROM tasks_taskstate")
    deliveries = database.rows(
        "SELECT id, task_id, run, task_state, state, body FROM tasks_webhookdelivery"
    )
    return Ledger(
        tasks={row["id"]: row for row in tasks},
        events=_by_task(database.rows(EVENTS)),
        steps=_by_task(database.rows(STEPS)),
        deliveries=_by_task(deliveries),
        counters=database.rows("SELECT measure, state, count FROM tasks_counter"),
    )


def _by_task(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["task_id"]].append(row)
    return grouped
