"""How long an event takes from its commit to each of many watchers, beside the bare server's time.

Run: python -m benchmarks.watchers [WATCHERS] [--churn]

The bare server (`benchmarks.bare.broadcast`) sends the same events to as many WebSockets and does
nothing else, in turns with AgentForge. `--churn` is about completeness instead of time: watchers
leave and come back at random moments, and each must end with every event once, in order.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from agentforge.embedded.background import BackgroundStack
from agentforge.embedded.ports import free_port
from benchmarks.audience import History, audience
from benchmarks.bench import figures, running_stack, wait_until_open

TICKS = 50
PAUSE = 0.1
ROUNDS = 2
CHURN_TICKS = 200


def cpu_seconds(pid: int) -> float:
    """Processor time that the process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Measurement:
    """One server's events on their way to many watchers: how long, and at what cost."""

    def __init__(self, pid: int, go: Path) -> None:
        self._pid, self._go = pid, go
        self._used = 0.0

    def begin(self) -> None:
        """Let the events come."""
        self._used = cpu_seconds(self._pid)
        self._go.touch()

    def run(self, name: str, url: str, token: str, watchers: int) -> float:
        """Print the figures; returns the server's microseconds an event and watcher."""
        histories = audience(url, token, watchers, self.begin)
        used = cpu_seconds(self._pid) - self._used
        cost = 1e6 * used / (TICKS * len(histories))
        figures(name, [delay for history in histories for delay in history.delays])
        print(f"  {cost:.1f} µs of the server's processor an event and watcher")
        print_completeness(histories)
        return cost


def print_completeness(histories: list[History]) -> None:
    last = max(history.seqs[-1] for history in histories)
    complete = sum(history.seqs == list(range(1, last + 1)) for history in histories)
    print(f"{complete} of {len(histories)} have every event of {last} once, in order")


def web_pid(stack: BackgroundStack) -> int:
    output = re.sub(r"\x1b\[[0-9;]*m", "", stack.log.read_text(errors="replace"))
    return int(re.findall(r"^web +\| started \(pid (\d+)\)$", output, re.MULTILINE)[-1])


def started_task(api: httpx.Client, folder: str, ticks: int) -> str:
    """The address of a task that ticks once the file `folder`/go is there."""
    params = {"ticks": ticks, "pause": PAUSE, "go": f"{folder}/go"}
    task = api.post("/tasks", json={"workflow": "ticks", "params": params}).json()
    return f"{str(api.base_url).rstrip('/')}/tasks/{task['task_id']}"


def through_agentforge(stack: BackgroundStack, api: httpx.Client, watchers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        url = started_task(api, folder, TICKS)
        measurement = Measurement(web_pid(stack), Path(folder) / "go")
        token = api.headers["Authorization"]
        return measurement.run(f"commit to {watchers} watchers", url, token, watchers)


def through_bare_server(watchers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        go = Path(folder) / "go"
        with bare_server(watchers, go) as (pid, url):
            return Measurement(pid, go).run(f"bare server to {watchers}", url, "", watchers)


@contextmanager
def bare_server(watchers: int, go: Path) -> Iterator[tuple[int, str]]:
    """The process id and the URL of the bare server, while it runs."""
    port = free_port()
    settings = {"WATCHERS": watchers, "TICKS": TICKS, "PAUSE": PAUSE, "GO": go}
    command = [sys.executable, "-m", "uvicorn", "benchmarks.bare.broadcast:application"]
    options = ["--lifespan", "off", "--ws-per-message-deflate", "false", "--log-level", "warning"]
    environment = {**os.environ, **{name: str(value) for name, value in settings.items()}}
    with subprocess.Popen([*command, *options, "--port", str(port)], env=environment) as process:
        try:
            wait_until_open(port)
            yield process.pid, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def churn(api: httpx.Client, watchers: int) -> None:
    """Have watchers come and go while a task ticks, and look at what each of them has."""
    with tempfile.TemporaryDirectory() as folder:
        url = started_task(api, folder, CHURN_TICKS)
        begun = time.perf_counter()
        histories = audience(
            url, api.headers["Authorization"], watchers, (Path(folder) / "go").touch, restless=True
        )
        visits = sum(history.visits for history in histories)
        print(f"{visits} visits in {time.perf_counter() - begun:.1f} s")
        print_completeness(histories)


def compare(stack: BackgroundStack, api: httpx.Client, watchers: int) -> None:
    """Take turns with the bare server, so that both meet the same noise."""
    for _ in range(ROUNDS):
        ours = through_agentforge(stack, api, watchers)
        bare = through_bare_server(watchers)
        print(f"{ours / bare:.1f} times the bare server's processor time\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("watchers", nargs="?", type=int, default=200)
    parser.add_argument("--churn", action="store_true")
    options = parser.parse_args()
    with running_stack() as (stack, api):
        if options.churn:
            churn(api, options.watchers)
        else:
            compare(stack, api, options.watchers)


if __name__ == "__main__":
    main()
