"""How many lines of a program become events while somebody watches, against what its pipe can do.

Run: python -m benchmarks.lines [--project] [LINES_A_SECOND] [SECONDS]

With --project, the program is that of a project and not of a step that does nothing else.

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
MAKE = """
from tasks.projects.models import Project
Project.objects.create(name={name!r}, command={command!r})
"""


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


def as_a_step(stack: Any, rate: float, seconds: float) -> dict[str, Any]:
    """The request for a workflow whose step runs the program."""
    return {"workflow": "lines", "params": {"rate": rate, "seconds": seconds}}


def as_a_project(stack: Any, rate: float, seconds: float) -> dict[str, Any]:
    """The request for a task of a project whose program it is. Its lines move the bar."""
    name, command = f"lines-{rate:.0f}", [sys.executable, printer.__file__, str(rate), str(seconds)]
    stack.manage("shell", "--verbosity=0", f"--command={MAKE.format(name=name, command=command)}")
    return {"project": name, "type": "agent", "command": "run", "params": {"input": "print"}}


def measure(stack: Any, api: httpx.Client, body: dict[str, Any]) -> float:
    """Lines a second that were stored and watched."""
    task = api.post("/tasks", json=body).json()
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
    numbers = [float(argument) for argument in sys.argv[1:] if argument != "--project"]
    rate, seconds = [*numbers, *(5000.0, 20.0)[len(numbers) :]]
    request = as_a_project if "--project" in sys.argv else as_a_step
    with running_stack() as (stack, api):
        print(f"── {rate:.0f} lines a second for {seconds:.0f} s")
        paced = measure(stack, api, request(stack, rate, seconds))
        print(f"{paced:.0f} lines a second, {100 * paced / rate:.0f} % of what was asked for")
        print("── as fast as the history takes them, for 5 s")
        fastest = measure(stack, api, request(stack, UNLIMITED, 5))
        pipe = bare_pipe(2)
    print(f"{fastest:.0f} lines a second; the pipe alone {pipe:.0f}: {fastest / pipe:.3f} of it")


if __name__ == "__main__":
    main()
