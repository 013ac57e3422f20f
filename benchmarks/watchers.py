"""How long an event takes from its commit to each of many watchers, beside the bare server's time.

Run: python -m benchmarks.watchers [WATCHERS]

The watchers live in processes of their own. The bare server (`benchmarks.bare.broadcast`) sends
the same events to as many WebSockets and does nothing else, in turns with AgentForge.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import uvloop

from agentforge.embedded.ports import free_port
from benchmarks.bench import figures, percentile, running_stack
from benchmarks.sockets import Socket

TICKS = 50
PAUSE = 0.1
ROUNDS = 2
CLIENTS = 2
"""Processes that the watchers are spread over."""

History = tuple[list[float], list[int]]


def watch(url: str, token: str, watchers: int, ready: Path) -> list[History]:
    """Watch as `watchers`, in a process of its own; makes the file `ready` when all of them do."""
    return uvloop.run(_watch(url, token, watchers, ready))


async def _watch(url: str, token: str, watchers: int, ready: Path) -> list[History]:
    missing = watchers

    def count() -> None:
        nonlocal missing
        missing -= 1
        if not missing:
            ready.touch()

    sockets = [await connect(url, token, count) for _ in range(watchers)]
    await asyncio.gather(*(socket.closed for socket in sockets))
    return [(socket.delays, socket.seqs) for socket in sockets]


async def connect(url: str, token: str, on_first) -> Socket:
    """Open one more watcher's connection."""
    to = urlsplit(url)
    _, socket = await asyncio.get_running_loop().create_connection(
        lambda: Socket(url, token, on_first), to.hostname, to.port
    )
    return socket


def audience(url: str, token: str, watchers: int, folder: Path) -> list[History]:
    """What each watcher received, once the task has ended. Makes `folder`/go when all are there."""
    context = multiprocessing.get_context("spawn")
    begun = time.perf_counter()
    with ProcessPoolExecutor(CLIENTS, mp_context=context) as pool:
        ready = [folder / f"ready-{number}" for number in range(CLIENTS)]
        parts = [pool.submit(watch, url, token, watchers // CLIENTS, file) for file in ready]
        wait_for(ready, parts)
        print(f"{watchers} watchers came within {time.perf_counter() - begun:.1f} s")
        (folder / "go").touch()
        return [history for part in parts for history in part.result()]


def wait_for(files: list[Path], parts: list[Future[list[History]]]) -> None:
    while not all(file.exists() for file in files):
        for part in parts:
            if part.done():
                part.result()
        time.sleep(0.05)


def through_agentforge(stack, api: httpx.Client, watchers: int) -> list[History]:
    with tempfile.TemporaryDirectory() as folder:
        params = {"ticks": TICKS, "pause": PAUSE, "go": f"{folder}/go"}
        task = api.post("/tasks", json={"workflow": "ticks", "params": params}).json()
        url = f"{stack.base_url}/tasks/{task['task_id']}/watch"
        return audience(url, api.headers["Authorization"], watchers, Path(folder))


@contextmanager
def bare_server(watchers: int, go: Path) -> Iterator[str]:
    port = free_port()
    environment = {
        **os.environ,
        "WATCHERS": str(watchers),
        "TICKS": str(TICKS),
        "PAUSE": str(PAUSE),
        "GO": str(go),
    }
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare.broadcast:application"]
    options = ["--port", str(port), "--log-level", "warning", "--lifespan", "off"]
    options += ["--ws-per-message-deflate", "false"]
    with subprocess.Popen([*command, *options], env=environment) as process:
        try:
            time.sleep(1.5)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def through_bare_server(watchers: int) -> list[History]:
    with tempfile.TemporaryDirectory() as folder:
        with bare_server(watchers, Path(folder) / "go") as url:
            return audience(url, "", watchers, Path(folder))


def main() -> None:
    watchers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with running_stack() as (stack, api):
        for _ in range(ROUNDS):
            ours = through_agentforge(stack, api, watchers)
            figures(f"commit to {watchers} watchers", [d for h in ours for d in h[0]])
            complete = {tuple(seqs) for _, seqs in ours}
            print("complete", len(complete) == 1, len(next(iter(complete))))
            bare = through_bare_server(watchers)
            figures(f"bare server to {watchers}", [d for h in bare for d in h[0]])


if __name__ == "__main__":
    main()
