"""A website on loopback, in processes of its own: a folder's files, or pages made up here."""

from __future__ import annotations

import functools
import http.server
import multiprocessing
import random
import socketserver
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import nginx

VOCABULARY = """
agent bucket cache daemon engine fetch graph heap index join kernel lease merge node offset page
queue record schema token update vector worker yield zone archive broker chunk
"""
WORDS = VOCABULARY.split()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The URL of `folder`, served until the block ends: by nginx, if that is installed."""
    program = nginx.installed()
    with nginx.served(program, folder) if program else served_by_python(folder) as url:
        yield url


@contextmanager
def served_by_python(folder: Path) -> Iterator[str]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_serve, args=(folder, sender), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}/"
    finally:
        process.terminate()
        process.join()


@contextmanager
def made_up(pages: int) -> Iterator[Path]:
    """A folder of `pages` linked pages of about 15 kB each, the same in every run."""
    with tempfile.TemporaryDirectory(prefix="agentforge-site-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for number in range(pages):
            (folder / f"page{number}.html").write_text(_page(number, pages))
        (folder / "index.html").write_text(_page(0, pages))
        yield folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a line a request would cost more than the request."""


def _serve(folder: Path, sender: Connection) -> None:
    handler = functools.partial(_Quiet, directory=str(folder))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        sender.send(server.server_address[1])
        server.serve_forever()


def _page(number: int, pages: int) -> str:
    chance = random.Random(number)
    sections = "".join(
        f"<h2>{_text(chance, 4)}</h2>" + "".join(f"<p>{_text(chance, 60)}</p>" for _ in range(5))
        for _ in range(6)
    )
    links = "".join(
        f'<li><a href="page{(number * 10 + n) % pages}.html">Page {n}</a></li>'
        for n in range(1, 11)
    )
    return (
        f"<!doctype html><html lang=en><title>Page {number}: {_text(chance, 3)}</title>"
        f"<main><h1>Page {number}</h1>{sections}</main><nav><ul>{links}</ul></nav></html>"
    )


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize()
