"""How long a step goes on after it was cancelled, by what it is busy with.

Run: python -m benchmarks.cancel [TIMES]
"""

from __future__ import annotations

import random
import sys
import time
from datetime import datetime
from typing import Any

import httpx

from benchmarks.bench import figures, running_stack, wait_until_finished

WAYS = (
    "sleep",
    "silent_socket",
    "cpu",
    "silent_subprocess",
    "silent_program",
    "deaf_program",
    "coroutine",
)


def milliseconds_to_end(api: httpx.Client, way: str) -> float:
    """From the cancel's event to the final one, by the times in the history."""
    task_id = api.post("/tasks", json={"workflow": f"blocked-{way}"}).json()["task_id"]
    while not any(event["message"] == "ready" for event in history(api, task_id)):
        time.sleep(0.02)
    # So that the cancel comes at any moment of the heartbeat.
    time.sleep(random.uniform(0, 0.5))
    api.delete(f"/tasks/{task_id}").raise_for_status()
    wait_until_finished(api, task_id)
    events = history(api, task_id)
    asked = next(event for event in events if "asked for this task" in event["message"])
    ended, begun = (datetime.fromisoformat(event["at"]) for event in (events[-1], asked))
    return 1000 * (ended - begun).total_seconds()


def history(api: httpx.Client, task_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = api.get(f"/tasks/{task_id}/events").json()["results"]
    return events


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    soon = []
    with running_stack() as (_, api):
        for way in WAYS:
            taken = [milliseconds_to_end(api, way) for _ in range(times)]
            figures(way.replace("_", " "), taken)
            if way != "deaf_program":
                soon += taken
    figures("all but the deaf program", soon)


if __name__ == "__main__":
    main()
