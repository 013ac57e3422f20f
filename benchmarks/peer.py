"""The same with procrastinate: workflows of seven jobs, each of which defers the next one.

Two processes of one job each, as the engine's worker has them. The rest is what its documentation
recommends or sets: asynchronous jobs, LISTEN/NOTIFY, a pool of connections, jobs kept when done.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector

LENGTH = 7
WARM_UP = 10
URL = "PEER_DATABASE_URL"
"""The environment variable with the database of the jobs."""

app = App(connector=PsycopgConnector(conninfo=os.environ.get(URL, "")))


@app.task(name="step")
async def step(number: int) -> None:
    """Do nothing, and let the next one do the same."""
    if number < LENGTH:
        await step.defer_async(number=number + 1)


def measure(url: str, workflows: int, processes: int = 2) -> float:
    """Seconds from before the first workflow is deferred until the last has ended."""
    with (
        _opened(url) as producer,
        _workers(url, processes),
        psycopg.connect(url, autocommit=True) as rows,
    ):
        _seconds(producer, rows, WARM_UP)
        return _seconds(producer, rows, workflows)


def create_schema(url: str) -> None:
    """Make procrastinate's tables in an empty database."""
    with _opened(url) as opened:
        opened.schema_manager.apply_schema()


@contextmanager
def _opened(url: str) -> Iterator[App]:
    with app.replace_connector(PsycopgConnector(conninfo=url)) as replaced, replaced.open():
        yield replaced


@contextmanager
def _workers(url: str, count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "procrastinate", "--app", "benchmarks.peer.app", "worker"]
    environment = {**os.environ, URL: url}
    workers = [
        subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(count)
    ]
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def _seconds(producer: App, rows: psycopg.Connection[Any], count: int) -> float:
    begun = datetime.now(UTC)
    job = producer.configure_task("step")
    for _ in range(count):
        job.defer(number=1)
    while True:
        ended, last = rows.execute(
            "SELECT count(*), max(at) FROM procrastinate_events JOIN procrastinate_jobs AS job "
            "ON job.id = job_id WHERE type = 'succeeded' AND at >= %s AND args->>'number' = %s",
            (begun, str(LENGTH)),
        ).fetchone() or (0, None)
        if ended == count and last:
            return float((last - begun).total_seconds())
        time.sleep(0.1)
