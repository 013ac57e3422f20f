"""How long an event takes from its commit to each of many watchers over WebSocket.

Run: python -m benchmarks.watchers [WATCHERS]
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import websockets

from benchmarks.bench import figures, running_stack

TICKS = 50
PAUSE = 0.1


async def watch(url: str, token: str) -> tuple[list[float], list[int]]:
    """Follow the task to its end: the delay of each tick in milliseconds, and every seq."""
    delays, seqs = [], []
    headers = {"Authorization": token}
    async with websockets.connect(url, additional_headers=headers, open_timeout=60) as socket:
        async for message in socket:
            event = json.loads(message)
            seqs.append(event["seq"])
            if "sent_at" in event["data"]:
                delays.append(1000 * (time.time() - event["data"]["sent_at"]))
    return delays, seqs


async def measure(base_url: str, task_id: str, token: str, watchers: int) -> None:
    url = f"{base_url.replace('http', 'ws')}/tasks/{task_id}/watch"
    results = await asyncio.gather(*(watch(url, token) for _ in range(watchers)))
    # Ticks from before the last watcher joined are replayed, not delivered: leave them out.
    figures(f"commit to {watchers} watchers", [d for delays, _ in results for d in delays[-TICKS:]])
    complete = {tuple(seqs) for _, seqs in results}
    print("every watcher got the same gapless events:", len(complete) == 1)


def main() -> None:
    watchers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with running_stack() as (stack, api):
        params = {"ticks": TICKS + 20, "pause": PAUSE}
        task = api.post("/tasks", json={"workflow": "ticks", "params": params}).json()
        token = api.headers["Authorization"]
        asyncio.run(measure(stack.base_url, task["task_id"], token, watchers))


if __name__ == "__main__":
    main()
