"""A whole build: pages a second, seconds a step, and the most memory that any process took.

Run: python -m benchmarks.build [FOLDER]      (without one, 1,000 pages made up here)
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import running_stack, wait_until_finished
from benchmarks.website import made_up, served

SAMPLE = 0.1


class Memory(threading.Thread):
    """The highest resident size of each process below this one, in MB, by its command line."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, float] = {}
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.wait(SAMPLE):
            for process in Path("/proc").glob("[0-9]*"):
                self._sample(process)

    def _sample(self, process: Path) -> None:
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            pages = int((process / "statm").read_text().split()[1])
        except (OSError, ValueError):
            return
        name = next((n for n in ("worker", "beat", "uvicorn", "valkey-server") if n in command), "")
        if name:
            key = f"{name} {process.name}"
            self.peaks[key] = max(self.peaks.get(key, 0), pages * 4096 / 1e6)


def main() -> None:
    folder = nullcontext(Path(sys.argv[1])) if len(sys.argv) > 1 else made_up(1000)
    with folder as path, served(path) as url, running_stack() as (_, api):
        memory = Memory()
        memory.start()
        begun = time.perf_counter()
        body = {"urls": [url], "max_pages": 5000, "max_depth": 50}
        task_id = api.post("/agents", json=body).raise_for_status().json()["task_id"]
        task = wait_until_finished(api, task_id)
        seconds = time.perf_counter() - begun
        memory.enough.set()
    report(task, seconds, memory)


def report(task: dict[str, Any], seconds: float, memory: Memory) -> None:
    print(f"{task['state']} in {seconds:.1f} s: {task['result'] or task['error_message']}")
    if task["result"]:
        print(f"{task['result']['pages'] / seconds:.0f} pages a second, start to finish")
    for step in task["steps"]:
        if step["finished_at"]:
            begun, ended = (
                datetime.fromisoformat(step[f"{e}_at"]) for e in ("started", "finished")
            )
            print(f"  {step['name']:<10} {(ended - begun).total_seconds():6.2f} s")
    for name, peak in sorted(memory.peaks.items(), key=lambda item: -item[1])[:6]:
        print(f"  {name:<24} {peak:6.0f} MB at most")


if __name__ == "__main__":
    main()
