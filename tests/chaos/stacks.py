"""The stack that a run breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.chaos.run import Options, Report, Run
from tests.stack import Stack

POOL = 3
"""Processes: one is paused at times, and two go on."""

MAX_DEATHS = 10
"""Among hundreds of kills an innocent step may be hit three times. The poison goes on to ten."""


def run_on(data_dir: Path, services: Mapping[str, str], options: Options) -> Report:
    """Start a whole stack, break it for the given time, and judge what has become of its tasks.

    Args:
        services: DATABASE_URL, REDIS_URL and CELERY_BROKER_URL, as far as there are such servers.
    """
    settings = {
        "AGENTFORGE_LEASE_SECONDS": f"{options.lease_seconds:g}",
        "AGENTFORGE_MAX_DEATHS": str(MAX_DEATHS),
        "AGENTFORGE_RATE_SUBMIT": "100000/min",
        **services,
    }
    with ExitStack() as servers:
        stack = servers.enter_context(Stack(data_dir, Stack.settings(**settings), concurrency=POOL))
        return asyncio.run(Run(stack, options, servers).go())
