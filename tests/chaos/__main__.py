"""`make chaos SEED=7 KILLS=300 SECONDS=600`, or `python -m tests.chaos --help`."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos import recovery, table
from tests.chaos.run import Options
from tests.chaos.stacks import run_on
from tests.databases import own_database

SERVICES = ("REDIS_URL", "CELERY_BROKER_URL")


def main() -> int:
    """Run, print the figures, and say how to repeat what went wrong: the exit code."""
    options = _options()
    _say(f"Seed {options.seed}: {options.kills} faults within {options.seconds:g} s")
    data_dir = Path(tempfile.mkdtemp(prefix="agentforge_chaos_"))
    services = {name: os.environ.get(name, "") for name in SERVICES}
    with own_database(data_dir) as database:
        report = run_on(data_dir, {**services, **database}, options)
    missed = list(recovery.missed_targets(report.recovery))
    for line in (*table.lines(report), *missed):
        _say(line)
    if report.violations or missed:
        _say(f"Log: {data_dir / 'up.log'}. Repeat: {_command(options)}")
        return 1
    shutil.rmtree(data_dir)
    return 0


def _options() -> Options:
    parser = argparse.ArgumentParser(description="Kill processes at random under load.")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--width", type=int, default=8, help="tasks that are under way at once")
    given = parser.parse_args()
    return Options(given.seed, given.kills, given.seconds, width=given.width)


def _command(options: Options) -> str:
    return f"make chaos SEED={options.seed} KILLS={options.kills} SECONDS={options.seconds:g}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
