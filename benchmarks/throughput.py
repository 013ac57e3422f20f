"""Workflows of seven no-op steps a second, against what Celery does alone and against procrastinate.

On SQLite and the embedded Valkey, or on the servers of DATABASE_URL and REDIS_URL. There must be
a PostgreSQL server for procrastinate to be measured.

Run: python -m benchmarks.throughput [WORKFLOWS [ROUNDS]]
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec

from agentforge.embedded.background import BackgroundStack
from benchmarks import postgres
from benchmarks.bench import running_stack


def main() -> None:
    workflows, rounds = ([int(word) for word in sys.argv[1:]] + [300, 5][len(sys.argv) - 1 :])[:2]
    seconds: dict[str, list[float]] = {}
    with _stack() as stack, _peer_database() as peer_url:
        for _ in range(rounds):
            for what in ("celery", "engine"):
                spent = stack.manage("throughput_round", what, str(workflows))
                seconds.setdefault(what, []).append(float(spent))
            if peer_url:
                from benchmarks import peer

                seconds.setdefault("procrastinate", []).append(peer.measure(peer_url, workflows))
    for what, spent_seconds in seconds.items():
        _print(f"{what}: workflows/s", [workflows / spent for spent in spent_seconds])
    for what in seconds.keys() - {"engine"}:
        pairs = zip(seconds[what], seconds["engine"], strict=True)
        _print(f"engine / {what}", [theirs / ours for theirs, ours in pairs])


@contextmanager
def _stack() -> Iterator[BackgroundStack]:
    database = postgres.new_database("throughput") if postgres.server() else nullcontext("")
    with database as url, running_stack(DATABASE_URL=url, LOG_LEVEL="INFO") as (stack, _):
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
        f"{name:<28} median {statistics.median(values):7.2f}  "
        f"range {min(values):.2f} to {max(values):.2f}  (n={len(values)})"
    )


if __name__ == "__main__":
    main()
