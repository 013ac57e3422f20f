"""Whole builds: pages a second, seconds a step, and the most memory that any process took.

Run: python -m benchmarks.build [FOLDER …] [--pages 1000 …] [--peer PYTHON] [--floor]

It builds from folders of HTML files, or from pages made up here. With `--peer`, the interpreter of
an environment that has Scrapy, trafilatura and semantic-text-splitter, these do the same work, see
`benchmarks.bare.scrapy_peer`. With `--floor`, the pages are also only fetched and parsed. All take
turns, and each ratio is of one turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.bench import running_stack, wait_until_finished
from benchmarks.floor import floor
from benchmarks.memory import Memory
from benchmarks.website import made_up, served

PEER = Path(__file__).parent / "bare" / "scrapy_peer.py"
MOST_PAGES = 10_000
OURS = ("worker", "beat", "uvicorn", "valkey-server")


@dataclass(frozen=True)
class Built:
    """What one build gave."""

    task: dict[str, Any]
    seconds: float
    memory: Memory

    @property
    def pages_a_second(self) -> float:
        return self.task["steps"][2]["total"] / self.seconds

    def print(self) -> None:
        print(f"  {self.task['state']} in {self.seconds:.2f} s: {self.task['result']}")
        print(f"  {self.pages_a_second:.0f} pages a second, largest {self.memory.largest:.0f} MB")
        for step in self.task["steps"]:
            print(f"    {step['name']:<10} {_seconds(step):6.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--pages", type=int, nargs="*", default=[])
    parser.add_argument("--peer", help="a Python that has scrapy, trafilatura and the splitter")
    parser.add_argument("--floor", action="store_true", help="also fetch and parse, and no more")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if not options.folders and not options.pages:
        options.pages = [1000]
    with running_stack() as (_, api):
        warm_up(api)
        for name, folder in _websites(options):
            print(name)
            with folder as path, served(path) as url:
                compare(api, url, options)


def _websites(options: argparse.Namespace) -> Iterator[tuple[str, AbstractContextManager[Path]]]:
    for folder in options.folders:
        yield str(folder), nullcontext(folder)
    for pages in options.pages:
        yield f"{pages} pages made up", made_up(pages)


def compare(api: httpx.Client, url: str, options: argparse.Namespace) -> None:
    """Build from the site and have the others read it, in turns; print figures and ratios."""
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        built = build(api, url)
        built.print()
        if options.peer:
            speed = peer(options.peer, url)
            ratios["peer"].append(built.pages_a_second / speed)
        if options.floor:
            for name, speed in floor(url).items():
                print(f"  only fetched and parsed, {name}: {speed:.0f} pages a second")
                ratios[f"floor of {name}"].append(built.pages_a_second / speed)
    for name, values in ratios.items():
        shown = " ".join(f"{value:.2f}" for value in values)
        print(f"  {statistics.median(values):.2f} times the pages a second of the {name} ({shown})")


def build(api: httpx.Client, url: str) -> Built:
    """Build an agent from the site."""
    with Memory(*OURS) as memory:
        body = {"urls": [url], "max_pages": MOST_PAGES, "max_depth": 50}
        task_id = api.post("/agents", json=body).raise_for_status().json()["task_id"]
        task = wait_until_finished(api, task_id, every=0.25)
    return Built(task, _seconds(task, since="created"), memory)


def warm_up(api: httpx.Client) -> None:
    """Have every process of the worker import what a build needs."""
    with made_up(60) as path, served(path) as url:
        for _ in range(2):
            build(api, url)


def peer(python: str, url: str) -> float:
    """The peer's pages a second."""
    with tempfile.TemporaryDirectory(prefix="peer-") as folder, Memory(PEER.name) as memory:
        command = [python, str(PEER), url, folder]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(answer.stdout)
    speed: float = found["pages"] / found["seconds"]
    print(
        f"  peer: {found['pages']} pages and {found['chunks']} chunks in {found['seconds']:.2f} s, "
        f"{speed:.0f} pages a second, largest process {memory.largest:.0f} MB"
    )
    return speed


def _seconds(timed: dict[str, Any], since: str = "started") -> float:
    """Of a task or a step, by its own record: to ask more often would take time from it."""
    if not timed["finished_at"]:
        return 0.0
    begun, ended = (datetime.fromisoformat(timed[f"{end}_at"]) for end in (since, "finished"))
    return (ended - begun).total_seconds()


if __name__ == "__main__":
    main()
