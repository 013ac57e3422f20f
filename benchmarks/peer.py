"""The same with procrastinate: workflows of seven jobs, each of which defers the next one.

Bare, which keeps no history, percentage or state of a workflow; and with the engine's record.

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
from uuid import UUID, uuid4

import psycopg
from procrastinate import App, PsycopgConnector

from benchmarks import peer_records

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


@app.task(name="recorded_step")
async def recorded_step(task: str, number: int) -> None:
    """The same, with what the engine keeps of a step."""
    pool = app.connector.pool  # type: ignore[attr-defined]
    await peer_records.write(pool, peer_records.BEGIN, UUID(task), number, LENGTH)
    await peer_records.write(pool, peer_records.END, UUID(task), number, LENGTH)
    if number < LENGTH:
        await recorded_step.defer_async(task=task, number=number + 1)


def measure(url: str, workflows: int, *, recorded: bool, processes: int = 2) -> float:
    """Seconds from before the first workflow is deferred until the last has ended."""
    seconds = _recorded_seconds if recorded else _seconds
    with (
        _opened(url) as producer,
        _workers(url, processes),
        psycopg.connect(url, autocommit=True) as rows,
    ):
        seconds(producer, rows, WARM_UP)
        return seconds(producer, rows, workflows)


def create_schema(url: str) -> None:
    """Make procrastinate's tables in an empty database."""
    with _opened(url) as opened:
        opened.schema_manager.apply_schema()
    with psycopg.connect(url, autocommit=True) as rows:
        rows.execute(peer_records.SCHEMA)


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


def _recorded_seconds(producer: App, rows: psycopg.Connection[Any], count: int) -> float:
    begun = datetime.now(UTC)
    job = producer.configure_task("recorded_step")
    for _ in range(count):
        task = uuid4()
        rows.execute(peer_records.SUBMIT, {"task": task, "last": LENGTH})
        job.defer(task=str(task), number=1)
    while True:
        ended, last = rows.execute(
            "SELECT count(*), max(finished_at) FROM record_task WHERE created_at >= %s "
            "AND state = 'SUCCESS'",
            (begun,),
        ).fetchone() or (0, None)
        if ended == count and last:
            return float((last - begun).total_seconds())
        time.sleep(0.1)
