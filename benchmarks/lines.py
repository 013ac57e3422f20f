"""How many lines of a program become events while somebody watches, against what its pipe can do.

Run: python -m benchmarks.lines [LINES_A_SECOND] [SECONDS]

The program's lines carry their times, so each event tells how long it took from the print to the
watcher. A program that is faster than the history has to wait for its pipe, and takes longer.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

import httpx
import websockets

from benchmarks import printer
from benchmarks.bench import figures, running_stack, wait_until_finished

UNLIMITED = 10_000_000


async def watch(url: str, token: str) -> tuple[list[float], list[int], float]:
    """Follow to the end: each line's delay in milliseconds, every seq, the program's seconds."""
    delays, seqs, took = [], [], 0.0
    async with websockets.connect(url, additional_headers={"Authorization": token}) as socket:
        async for message in socket:
            event = json.loads(message)
            seqs.append(event["seq"])
            if event["data"].get("stream") == "stdout":
                first, second, *_ = event["message"].split()
                if first == "took":
                    took = float(second)
                else:
                    delays.append(1000 * (time.time() - float(first)))
    return delays, seqs, took


def measure(stack: Any, api: httpx.Client, rate: float, seconds: float) -> float:
    """Lines a second that were stored and watched."""
    params = {"rate": rate, "seconds": seconds}
    task = api.post("/tasks", json={"workflow": "lines", "params": params}).json()
    url = f"{stack.base_url.replace('http', 'ws')}/tasks/{task['task_id']}/watch"
    delays, seqs, took = asyncio.run(watch(url, api.headers["Authorization"]))
    ended = wait_until_finished(api, task["task_id"])
    gapless = seqs == list(range(1, len(seqs) + 1))
    print(f"{len(delays)} lines in {took:.1f} s, {ended['state']}, every event once: {gapless}")
    figures("printed to seen by a watcher", delays)
    return len(delays) / took


def bare_pipe(seconds: float) -> float:
    """Lines a second that a reader which only counts them gets through the same pipe."""
    command = [sys.executable, printer.__file__, str(UNLIMITED), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout
        begun = time.monotonic()
        lines = sum(1 for _ in program.stdout)
    return lines / (time.monotonic() - begun)


def main() -> None:
    rate = float(sys.argv[1]) if len(sys.argv) > 1 else 5000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 20
    with running_stack() as (stack, api):
        print(f"── {rate:.0f} lines a second for {seconds:.0f} s")
        paced = measure(stack, api, rate, seconds)
        print(f"{paced:.0f} lines a second, {100 * paced / rate:.0f} % of what was asked for")
        print("── as fast as the history takes them, for 5 s")
        fastest = measure(stack, api, UNLIMITED, 5)
        pipe = bare_pipe(2)
    print(f"{fastest:.0f} lines a second; the pipe alone {pipe:.0f}: {fastest / pipe:.3f} of it")


if __name__ == "__main__":
    main()
