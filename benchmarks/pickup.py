"""How long a queued task waits while a worker is free: from its row's creation to its start.

Run: python -m benchmarks.pickup
"""

from __future__ import annotations

import time
from datetime import datetime

from benchmarks.bench import figures, running_stack, wait_until_finished

ROUNDS = 100


def main() -> None:
    waited, whole = [], []
    with running_stack() as (_, api):
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            task_id = api.post("/tasks", json={"workflow": "nothing"}).json()["task_id"]
            task = wait_until_finished(api, task_id)
            whole.append(1000 * (time.perf_counter() - begun))
            created, started = (
                datetime.fromisoformat(task[field]) for field in ("created_at", "started_at")
            )
            waited.append(1000 * (started - created).total_seconds())
    figures("created to started", waited)
    figures("posted to seen finished (polling 50 ms)", whole)


if __name__ == "__main__":
    main()
