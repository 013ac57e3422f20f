"""Run: python -m agents.cli seed-db | task-context import-excel | agent run"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from agents.cli.arguments import parsed
from agents.cli.failure import Failure
from agents.cli.surroundings import Surroundings
from agents.cli.terminal import Terminal

INTERRUPTED = 130
TERMINATED = 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; the exit code: 0 done, 1 failed, 2 they are wrong."""
    signal.signal(signal.SIGTERM, _end)
    options = parsed(arguments)
    try:
        options.command(options, Surroundings.from_environment(), Terminal())
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return INTERRUPTED
    return 0


def _end(*_: object) -> None:
    """As an exception, so that a transaction that is open is rolled back."""
    raise SystemExit(TERMINATED)


if __name__ == "__main__":
    sys.exit(main())
