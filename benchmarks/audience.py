"""Many watchers of one task, in processes of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from benchmarks.sockets import Socket, Stream, Watcher

PROCESSES = 2
MEAN_STAY = 4.0
"""Seconds that a restless watcher stays, on average."""


@dataclass
class History:
    """What one watcher received: every `seq`, and the delays in milliseconds of timed events."""

    seqs: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    visits: int = 0

    def add(self, seq: int, delay: float | None) -> None:
        self.seqs.append(seq)
        if delay is not None:
            self.delays.append(delay)


def audience(
    url: str, token: str, watchers: int, all_there: Callable[[], object], *, restless: bool = False
) -> list[History]:
    """What each watcher of `url` received, once the task has ended.

    Calls `all_there` when they are. Restless watchers leave and come back at random moments, over
    a WebSocket or Server-Sent Events as it happens.
    """
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool,
    ):
        ready = [Path(folder) / f"ready-{number}" for number in range(PROCESSES)]
        share = watchers // PROCESSES
        parts = [pool.submit(watch, url, token, share, file, restless) for file in ready]
        _wait_for(ready, parts)
        print(f"{share * PROCESSES} watchers were there after {time.perf_counter() - begun:.1f} s")
        all_there()
        return [history for part in parts for history in part.result()]


def _wait_for(files: list[Path], parts: list[Future[list[History]]]) -> None:
    while not all(file.exists() for file in files):
        for part in parts:
            if part.done():
                part.result()
        time.sleep(0.05)


def watch(url: str, token: str, watchers: int, ready: Path, restless: bool) -> list[History]:
    """Watch as so many, in this process; makes the file `ready` when each has had an event."""
    return uvloop.run(_watch(url, token, watchers, ready, restless))


async def _watch(url: str, token: str, watchers: int, ready: Path, restless: bool) -> list[History]:
    histories = [History() for _ in range(watchers)]
    way = _restlessly if restless else _patiently
    watching = [asyncio.create_task(way(url, token, history)) for history in histories]
    while not all(history.seqs for history in histories):
        await asyncio.sleep(0.05)
        for task in watching:
            if task.done():
                task.result()
    ready.touch()  # noqa: ASYNC240  (once)
    await asyncio.gather(*watching)
    return histories


async def _patiently(url: str, token: str, history: History) -> None:
    watcher = await _connected(Socket, f"{url}/watch", token, history.add)
    if not await watcher.closed:
        raise ConnectionError("The server hung up before the end.")


async def _restlessly(url: str, token: str, history: History) -> None:
    is_over = False
    while not is_over:
        history.visits += 1
        after = history.seqs[-1] if history.seqs else 0
        kind, path = random.choice(((Socket, "watch"), (Stream, "events")))
        watcher = await _connected(kind, f"{url}/{path}?after={after}", token, history.add)
        stay = random.expovariate(1 / MEAN_STAY)
        asyncio.get_running_loop().call_later(stay, watcher.leave)
        is_over = await watcher.closed


async def _connected(
    kind: type[Watcher], url: str, token: str, on_event: Callable[[int, float | None], object]
) -> Watcher:
    to = urlsplit(url)
    _, watcher = await asyncio.get_running_loop().create_connection(
        lambda: kind(url, token, on_event), to.hostname or "", to.port or 80
    )
    return watcher
