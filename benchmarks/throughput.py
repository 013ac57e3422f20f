"""Workflows of seven no-op steps: the engine, Celery alone, and procrastinate, one after another.

On SQLite and the embedded Valkey, or on the servers of DATABASE_URL and REDIS_URL. procrastinate
needs PostgreSQL.

Run: python -m benchmarks.throughput [WORKFLOWS [ROUNDS]]
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec

from agentforge.embedded.background import BackgroundStack
from benchmarks import postgres
from benchmarks.bench import running_stack
from benchmarks.cpu import seconds_of_tree

PEERS = {"bare procrastinate": False, "procrastinate with records": True}


def main(workflows: int = 300, rounds: int = 5) -> None:
    seconds: dict[str, list[float]] = defaultdict(list)
    processor: dict[str, list[float]] = defaultdict(list)
    with _stack() as stack, _peer_database() as peer_url:
        for _ in range(rounds):
            for what in ("celery", "engine"):
                before = seconds_of_tree(stack.supervisor_pid)
                seconds[what].append(float(stack.manage("throughput_round", what, str(workflows))))
                processor[what].append(seconds_of_tree(stack.supervisor_pid) - before)
            if peer_url:
                from benchmarks import peer

                for peer_name, recorded in PEERS.items():
                    measured = peer.measure(peer_url, workflows, recorded=recorded)
                    seconds[peer_name].append(measured)
    for what, spent in seconds.items():
        _print(f"{what}, workflows/s", [workflows / one for one in spent])
    for peer_name in seconds.keys() - {"engine"}:
        _print(f"engine against {peer_name}", _ratios(seconds[peer_name], seconds["engine"]))
    _print(
        "engine against celery, processor time", _ratios(processor["celery"], processor["engine"])
    )


def _ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(theirs, ours, strict=True)]


@contextmanager
def _stack() -> Iterator[BackgroundStack]:
    database = postgres.new_database("throughput") if postgres.server() else nullcontext("")
    with database as url, running_stack(DATABASE_URL=url) as (stack, _):
        yield stack


@contextmanager
def _peer_database() -> Iterator[str]:
    """A database with procrastinate's tables; nothing where it cannot be measured."""
    if find_spec("procrastinate") is None:
        print("procrastinate is left out: install requirements-dev.txt to measure it.")
        yield ""
    elif not postgres.server():
        print("procrastinate is left out: set DATABASE_URL to a PostgreSQL server to measure it.")
        yield ""
    else:
        from benchmarks import peer

        with postgres.new_database("peer") as url:
            peer.create_schema(url)
            yield url


def _print(name: str, values: Sequence[float]) -> None:
    print(
        f"{name:<40} median {statistics.median(values):7.2f}  "
        f"range {min(values):.2f} to {max(values):.2f}  (n={len(values)})"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
