"""How long the clean-up of finished tasks takes, how long it locks, and what others wait meanwhile.

Run: python -m benchmarks.clean_up [--tasks N] [--events N] [--seconds N]

The tasks, with seven steps and whole histories, are made up on the server that DATABASE_URL names
or in an SQLite file. Another process submits tasks, first alone and then beside the clean-up.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import django

from benchmarks import postgres
from benchmarks.bench import figures, timed

KEPT = ("TASKS", "DEAD_LETTERS", "EVENTS", "RESULTS", "RAW", "DRAFTS")
KEPT_DAYS = "1"
SECONDS_ALONE = 10
SECONDS_BETWEEN = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tasks", type=int, default=100_000, help="a multiple of 10,000")
    parser.add_argument("--events", type=int, default=40, help="of each task")
    parser.add_argument("--seconds", type=float, default=math.inf, help="after which it stops")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="agentforge-bench-") as folder, _database():
        _start_django(Path(folder))
        _fill(options.tasks, options.events)
        with _submitting("submissions, alone"):
            time.sleep(SECONDS_ALONE)
        with _submitting("submissions, beside the clean-up"):
            _clean_up(options.seconds)


@contextmanager
def _database() -> Iterator[None]:
    """A new database on the server, if one is named; it is gone after the block."""
    if not postgres.server():
        yield
        return
    with postgres.new_database("clean_up") as url:
        os.environ["DATABASE_URL"] = url
        yield


def _start_django(folder: Path) -> None:
    os.environ["AGENTFORGE_DATA_DIR"] = str(folder)
    # Nobody works on what is submitted.
    os.environ["CELERY_BROKER_URL"] = "memory://"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    os.environ |= {f"AGENTFORGE_KEEP_{name}_DAYS": KEPT_DAYS for name in KEPT}
    django.setup()


def _fill(tasks: int, events: int) -> None:
    from django.core.management import call_command

    from benchmarks.filling import fill
    from tasks import retention

    call_command("migrate", verbosity=0)
    fill(tasks, events=events, is_trimmed=False)
    print(f"{tasks:,} tasks with {events} events each; due:")
    for title, count in retention.due().items():
        print(f"{count:>9,} {title}")


def _clean_up(seconds: float) -> None:
    from tasks import retention

    removed: list[dict[str, int]] = []
    with _transactions() as taken:
        total = timed(lambda: removed.append(retention.clean_up(seconds))) / 1000
    print(f"the clean-up took {total:.1f} s and removed:")
    for title, count in removed[0].items():
        print(f"{count:>9,} {title}")
    figures("its transactions", taken)


@contextmanager
def _transactions() -> Iterator[list[float]]:
    """The milliseconds of each transaction of the block, without the wait for it to begin."""
    from django.db import connection

    taken: list[float] = []
    begun: list[float] = []
    set_autocommit = connection.set_autocommit

    def timing(autocommit: bool, **options: Any) -> None:
        # Django switches it off where a transaction begins, and on once that is committed.
        set_autocommit(autocommit, **options)
        if not autocommit:
            begun.append(time.perf_counter())
        elif begun:
            taken.append(1000 * (time.perf_counter() - begun.pop()))

    def timing_alone(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """A statement outside of any transaction is one by itself."""
        if not connection.get_autocommit():
            return execute(sql, params, many, context)
        answers: list[Any] = []
        taken.append(timed(lambda: answers.append(execute(sql, params, many, context))))
        return answers[0]

    connection.set_autocommit = timing  # type: ignore[assignment, method-assign]
    try:
        with connection.execute_wrapper(timing_alone):
            yield taken
    finally:
        connection.set_autocommit = set_autocommit  # type: ignore[method-assign]


@contextmanager
def _submitting(title: str) -> Iterator[None]:
    """Another process submits tasks while the block runs, and how long each took is printed."""
    spawning = multiprocessing.get_context("spawn")
    ready, over = spawning.Event(), spawning.Event()
    taken: Any = spawning.SimpleQueue()
    process = spawning.Process(target=_submit_until, args=(ready, over, taken), daemon=True)
    process.start()
    if not ready.wait(timeout=60):
        raise RuntimeError("The process that submits tasks did not start; it said why above.")
    yield
    over.set()
    figures(title, taken.get())
    process.join()


def _submit_until(ready: Event, over: Event, taken: Any) -> None:
    """Submit a task every now and then until `over`, and hand back the milliseconds of each."""
    django.setup()
    from django.contrib.auth.models import User

    from agents.params import WORKFLOW
    from tasks import lifecycle, workflows

    user = User.objects.get(username="many")
    body = workflows.get(WORKFLOW).clean({"urls": ["https://docs.example.com/"]})
    lifecycle.submit(WORKFLOW, body, user)
    ready.set()
    each: list[float] = []
    while not over.wait(SECONDS_BETWEEN):
        each.append(timed(lambda: lifecycle.submit(WORKFLOW, body, user)))
    taken.put(each)


if __name__ == "__main__":
    main()
