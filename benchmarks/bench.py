"""What the benchmarks share: a running stack, an API client, and how figures are printed."""

from __future__ import annotations

import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from agentforge.embedded.background import BackgroundStack

FINISHED = {"SUCCESS", "FAILED", "CANCELLED"}


@contextmanager
def running_stack(**environment: str) -> Iterator[tuple[BackgroundStack, httpx.Client]]:
    """AgentForge on a temporary data directory, and a client of its API."""
    with tempfile.TemporaryDirectory(prefix="agentforge-bench-") as data_dir:
        settings = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "AGENTFORGE_CRAWL_ALLOW_PRIVATE": "127.0.0.1",
            **environment,
        }
        with BackgroundStack(Path(data_dir), settings) as stack:
            token = stack.manage("api_token", "admin")
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(
                base_url=stack.base_url, headers=headers, timeout=60, trust_env=False
            ) as api:
                yield stack, api


def wait_until_finished(
    api: httpx.Client, task_id: str, seconds: float = 600, every: float = 0.05
) -> dict[str, Any]:
    """The task as it is when it has ended; it is asked for `every` so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        task: dict[str, Any] = api.get(f"/tasks/{task_id}").json()
        if task["state"] in FINISHED:
            return task
        time.sleep(every)
    raise TimeoutError(f"Task {task_id} did not end within {seconds:.0f} s.")


def wait_until_open(port: int, seconds: float = 10) -> None:
    """Wait until somebody listens on that port of this machine.

    Raises:
        TimeoutError: nobody does after so many `seconds`.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"Nothing listens on port {port}; see what is said above.")


def timed(action: Any) -> float:
    """Milliseconds that `action()` takes."""
    begun = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - begun)


def percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def figures(name: str, values: Sequence[float], unit: str = "ms") -> None:
    """Print the distribution of `values` on a line."""
    print(
        f"{name:<42} median {statistics.median(values):8.1f}  "
        f"p95 {percentile(values, 95):8.1f}  max {max(values):8.1f} {unit}  (n={len(values)})"
    )
