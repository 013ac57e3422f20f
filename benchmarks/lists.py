"""How long lists, filters, counts, searches and pages take with 1,000,000 tasks, against 10,000.

Run: python -m benchmarks.lists [--keep FOLDER] [--rounds N] [PATTERN]

The calls go through Django's test client: all of a request's way but for the sockets. The two
databases are filled first, on the server that DATABASE_URL names or as SQLite files; with --keep
they stay there for the next run. With a pattern, only calls whose name contains it are timed.

Where 10,000 tasks hold less than a page of something, both databases are asked for as many rows
as those have of it, and the name of the call says how many.

The ratio is that of the processor time: on a busy machine, the clock mostly tells how long each of
a call's queries waited for other programs. A PostgreSQL server must be on this machine for that.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from benchmarks import cpu
from benchmarks.bench import timed

if TYPE_CHECKING:
    from benchmarks.calls import Call

SIZES = (10_000, 1_000_000)
AIM = 2
LONGEST = 300
"""Milliseconds of processor time that a call may take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keep", type=Path, help="a folder in which SQLite files stay")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("pattern", nargs="?", default="")
    options = parser.parse_args()
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="agentforge-bench-")
        folder = options.keep or Path(stack.enter_context(temporary))
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["AGENTFORGE_DATA_DIR"] = str(folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentforge.settings")
        django.setup()
        databases = [
            stack.enter_context(_filled(size, folder, is_kept=options.keep is not None))
            for size in SIZES
        ]
        _compare(databases, options.pattern, options.rounds)


@contextmanager
def _filled(size: int, folder: Path, is_kept: bool) -> Iterator[Any]:
    """A connection to a database with that many tasks."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connections

    from benchmarks.filling import fill

    is_sqlite = "sqlite" in connections.settings["default"]["ENGINE"]
    name = str(folder / f"{size}.sqlite3") if is_sqlite else f"agentforge_lists_{size}"
    connections.settings["default"]["NAME"] = name
    connections["default"] = connection = connections.create_connection("default")
    if not is_sqlite:
        _create(connection, name)
    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        print(f"Filling a database with {size:,} tasks.", flush=True)
        fill(size)
    yield connection
    connection.close()
    if not is_sqlite and not is_kept:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def _create(connection: Any, name: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {name}")


def _compare(databases: list[Any], pattern: str, rounds: int) -> None:
    """Time each call on both databases in turns, so that both meet the same noise."""
    from django.db import connections

    from benchmarks.list_calls import calls

    listed = []
    for database in databases:
        connections["default"] = database
        listed.append(calls())
    ratios, longest = {}, {}
    print(f"{'medians in ms':<66}{'processor time':>22}{'ratio':>7}{'clock':>20}{'ratio':>7}")
    for called in listed[0]:
        if pattern not in called:
            continue
        name, both = _equal(databases, called, [each[called] for each in listed])
        times: list[list[tuple[float, float]]] = [[], []]
        for _ in range(rounds + 2):
            for number, database in enumerate(databases):
                connections["default"] = database
                times[number].append(_cost(both[number], database))
        figures = [
            [statistics.median(each[kind] for each in taken[2:]) for taken in times]
            for kind in (0, 1)
        ]
        shown = "".join(f"{a:10.1f}{b:10.1f}{b / a:7.2f}  " for a, b in figures)
        ratios[name], longest[name] = figures[0][1] / figures[0][0], figures[0][1]
        is_slow = ratios[name] > AIM or longest[name] > LONGEST
        print(f"{name:<66}  {shown}{'<<<' if is_slow else ''}", flush=True)
    for figures_of, aim in ((ratios, AIM), (longest, LONGEST)):
        above = sum(figure > aim for figure in figures_of.values())
        worst = max(figures_of, key=figures_of.__getitem__)
        print(
            f"{len(ratios)} calls, {above} above {aim}; the worst {figures_of[worst]:.2f}: {worst}"
        )


def _equal(databases: list[Any], name: str, both: list[Call]) -> tuple[str, list[Call]]:
    """The call on both databases with as many rows in the one answer as in the other, and its name
    with their number where they are fewer than a page."""
    from django.db import connections

    counts = []
    for database, call in zip(databases, both, strict=True):
        connections["default"] = database
        counts.append(call.rows() if call.rows else 0)
    fewest = min(counts)
    if fewest == max(counts):
        return name, both
    if not fewest:
        return f"{name}, {counts[0]} and {counts[1]} rows", both
    shortened = [call.at_most(fewest) for call in both if call.at_most]
    return f"{name}, {fewest} {'row' if fewest == 1 else 'rows'}", shortened


def _cost(call: Call, database: Any) -> tuple[float, float]:
    """The milliseconds that the call takes of the processors, here and in the server's process for
    this connection, and by the clock."""
    before = _used(database)
    clock = timed(call)
    return 1000 * (_used(database) - before), clock


def _used(database: Any) -> float:
    here = time.process_time()
    if database.vendor == "sqlite":
        return here
    return here + cpu.seconds_of(database.connection.info.backend_pid)


if __name__ == "__main__":
    main()
