"""Whole builds: pages a second, seconds a step, and the most memory that any process took.

Run: python -m benchmarks.build [FOLDER …] [--pages 1000 …] [--peer PYTHON] [--floor]

It builds from folders of HTML files, or from pages made up here. With `--peer`, the interpreter of
an environment that has Scrapy, trafilatura and semantic-text-splitter, these do the same work, see
`benchmarks.bare.scrapy_peer`. With `--floor`, the pages are also only fetched and parsed. All take
turns, and each ratio is of one turn: of the clock, and of the processor time of all processes that
are part of the work, which other programs on the machine disturb less.
"""

from __future__ import annotations

import argparse
import json
import resource
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

from agentforge.embedded.background import BackgroundStack
from benchmarks.bench import running_stack, wait_until_finished
from benchmarks.cpu import seconds_of_tree
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
    processor: float
    """Seconds of all processes of the installation."""
    memory: Memory

    @property
    def pages(self) -> int:
        total: int = self.task["steps"][2]["total"]
        return total

    def print(self) -> None:
        print(f"  {self.task['state']} in {self.seconds:.2f} s: {self.task['result']}")
        print(speed(self.pages, self.seconds, self.processor, self.memory.largest))
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
    with running_stack() as (stack, api):
        warm_up(stack, api)
        for name, folder in _websites(options):
            print(name)
            with folder as path, served(path) as url:
                compare(stack, api, url, options)


def _websites(options: argparse.Namespace) -> Iterator[tuple[str, AbstractContextManager[Path]]]:
    for folder in options.folders:
        yield str(folder), nullcontext(folder)
    for pages in options.pages:
        yield f"{pages} pages made up", made_up(pages)


def compare(
    stack: BackgroundStack, api: httpx.Client, url: str, options: argparse.Namespace
) -> None:
    """Build from the site and have the others read it, in turns; print figures and ratios."""
    ratios: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        built = build(stack, api, url)
        built.print()
        by_clock, by_processor = built.pages / built.seconds, built.pages / built.processor
        if options.peer:
            found, processor = peer(options.peer, url)
            ratios["peer, by the clock"].append(by_clock * found["seconds"] / found["pages"])
            ratios["peer, by processor time"].append(by_processor * processor / found["pages"])
        if options.floor:
            for name, pages_a_second in floor(url).items():
                print(f"  only fetched and parsed, {name}: {pages_a_second:.0f} pages a second")
                ratios[f"floor of {name}"].append(by_clock / pages_a_second)
    for name, values in ratios.items():
        shown = " ".join(f"{value:.2f}" for value in values)
        print(f"  {statistics.median(values):.2f} times the pages of the {name} ({shown})")


def build(stack: BackgroundStack, api: httpx.Client, url: str) -> Built:
    """Build an agent from the site."""
    before = seconds_of_tree(stack.supervisor_pid)
    with Memory(*OURS) as memory:
        body = {"urls": [url], "max_pages": MOST_PAGES, "max_depth": 50}
        task_id = api.post("/agents", json=body).raise_for_status().json()["task_id"]
        task = wait_until_finished(api, task_id, every=0.25)
    processor = seconds_of_tree(stack.supervisor_pid) - before
    return Built(task, _seconds(task, since="created"), processor, memory)


def warm_up(stack: BackgroundStack, api: httpx.Client) -> None:
    """Have every process of the worker import what a build needs."""
    with made_up(60) as path, served(path) as url:
        for _ in range(2):
            build(stack, api, url)


def peer(python: str, url: str) -> tuple[dict[str, float], float]:
    """What the peer has found, and the processor seconds that it took."""
    before = _used_by_children()
    with tempfile.TemporaryDirectory(prefix="peer-") as folder, Memory(PEER.name) as memory:
        command = [python, str(PEER), url, folder]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(answer.stdout)
    processor = _used_by_children() - before - found["processor_before"]
    print(
        f"  peer: {found['pages']} pages and {found['chunks']} chunks in {found['seconds']:.2f} s"
    )
    print(speed(found["pages"], found["seconds"], processor, memory.largest))
    return found, processor


def speed(pages: float, seconds: float, processor: float, largest: float) -> str:
    """A line that a person reads."""
    return (
        f"    {pages / seconds:.0f} pages a second, {1000 * processor / pages:.1f} ms of processor "
        f"time a page, largest process {largest:.0f} MB"
    )


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _seconds(timed: dict[str, Any], since: str = "started") -> float:
    """Of a task or a step, by its own record: to ask more often would take time from it."""
    if not timed["finished_at"]:
        return 0.0
    begun, ended = (datetime.fromisoformat(timed[f"{end}_at"]) for end in (since, "finished"))
    return (ended - begun).total_seconds()


if __name__ == "__main__":
    main()
