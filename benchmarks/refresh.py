"""A refresh after some pages have changed, against the build: what the server sent, what was read,
and how long both took.

Run: python -m benchmarks.refresh FOLDER [CHANGES]      (needs nginx; serves a copy of the folder)
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.bench import running_stack, wait_until_finished

SENTENCE = "The refresh has found sentence"
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    types {{ text/html html; text/css css; image/svg+xml svg; image/png png; }}
    log_format status "$status $body_bytes_sent $uri"; access_log {folder}/access.log status;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000;
    server {{ listen 127.0.0.1:{port}; root {folder}/site; index index.html; }}
}}
"""


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
def nginx(folder: Path) -> Iterator[Server]:
    """Serve a copy of the folder until the block ends."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        raise SystemExit("This benchmark needs nginx, which knows ETags. Install it.")
    with tempfile.TemporaryDirectory(prefix="agentforge-nginx-") as name, socket.socket() as free:
        place = Path(name)
        place.chmod(0o755)
        shutil.copytree(folder, place / "site")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        configuration = place / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=place, port=port))
        process = subprocess.Popen([program, "-c", str(configuration), "-e", f"{place}/error.log"])
        try:
            server = Server(f"http://127.0.0.1:{port}/", place / "site", place / "access.log")
            wait_for(server.url)
            yield server
        finally:
            process.terminate()
            process.wait()


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise SystemExit("nginx does not answer.")


def change(site: Path, count: int) -> None:
    """Put a sentence of its own into `count` pages, spread over all of them."""
    pages = [page for page in sorted(site.glob("*.html")) if "<p>" in page.read_text("utf-8")]
    for number in range(count):
        page = pages[(2 * number + 1) * len(pages) // (2 * count)]
        text = page.read_text("utf-8")
        page.write_text(text.replace("<p>", f"<p>{SENTENCE} {number}. ", 1), "utf-8")


def main() -> None:
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with nginx(Path(sys.argv[1])) as server, running_stack() as (_, api):
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
