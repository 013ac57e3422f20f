"""A refresh after some pages have changed, against the build: what the server sent, what was read,
and how long both took.

Run: python -m benchmarks.refresh FOLDER [CHANGES]      (needs nginx; serves a copy of the folder)
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks import nginx
from benchmarks.bench import running_stack, wait_until_finished

SENTENCE = "The refresh has found sentence"


@dataclass
class Server:
    """nginx over a copy of a folder."""

    url: str
    site: Path
    log: Path

    def answers(self) -> tuple[Counter[str], int]:
        """How many answers of each status since the last call, and how many bytes they had."""
        lines = [line.split(" ", 2) for line in self.log.read_text().splitlines()]
        self.log.write_text("")
        return Counter(status for status, _, _ in lines), sum(int(size) for _, size, _ in lines)


@contextmanager
def copied(folder: Path) -> Iterator[Server]:
    """Serve a copy of the folder until the block ends."""
    program = nginx.installed()
    if program is None:
        raise SystemExit("This benchmark needs nginx, which knows ETags. Install it.")
    with tempfile.TemporaryDirectory(prefix="agentforge-site-") as name:
        place = Path(name)
        place.chmod(0o755)
        site = Path(shutil.copytree(folder, place / "site"))
        log = place / "access.log"
        with nginx.served(program, site, log) as url:
            yield Server(url, site, log)


def change(site: Path, count: int) -> None:
    """Put a sentence of its own into `count` pages, spread over all of them."""
    pages = [page for page in sorted(site.glob("*.html")) if "<p>" in page.read_text("utf-8")]
    for number in range(count):
        page = pages[(2 * number + 1) * len(pages) // (2 * count)]
        text = page.read_text("utf-8")
        page.write_text(text.replace("<p>", f"<p>{SENTENCE} {number}. ", 1), "utf-8")


def main() -> None:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with copied(Path(sys.argv[1])) as server, running_stack() as (_, api):
        server.answers()
        body = {"urls": [server.url], "max_pages": 5000, "max_depth": 50}
        build = finished(api, "/agents", body)
        report("build", build, server)
        agent = f"/agents/{build['agent_id']}"
        report("refresh, nothing changed", finished(api, f"{agent}/refresh", {}), server)
        change(server.site, count)
        report(f"refresh, {count} changed", finished(api, f"{agent}/refresh", {}), server)
        query = {"q": f'"{SENTENCE}"', "limit": "50"}
        hits = api.get(f"{agent}/search", params=query).json()["results"]
        found = sum(SENTENCE in hit["text"] for hit in hits)
        print(f"{found} of {count} changes are found by a search")


def finished(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The task that was submitted there, when it has ended."""
    task_id = api.post(path, json=body).raise_for_status().json()["task_id"]
    return wait_until_finished(api, task_id)


def report(name: str, task: dict[str, Any], server: Server) -> None:
    """Print what a task did, and what it cost the server."""
    statuses, size = server.answers()
    print(f"{name}: {task['state']} in {seconds(task):.2f} s {task['error_message']}")
    print(f"  {task['result']}")
    print(f"  nginx sent {size / 1e6:.2f} MB: {dict(statuses)}")
    print("  " + ", ".join(f"{step['name']} {seconds(step):.2f} s" for step in task["steps"]))


def seconds(part: dict[str, Any]) -> float:
    """How long a task or a step took."""
    begun, ended = (datetime.fromisoformat(part[f"{end}_at"]) for end in ("started", "finished"))
    return (ended - begun).total_seconds()


if __name__ == "__main__":
    main()
