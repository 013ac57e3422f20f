"""How much of a page's main content is found, and in what time: `python -m benchmarks.extraction`.

It reads WCXB's development pages (CC-BY-4.0, Murrough-Foley/web-content-extraction-benchmark)
from `../shared/data/wcxb-dev`, or another folder with the same two: `html/NNNN.html.gz` and
`truth/NNNN.json`. With `--peer PYTHON`, the interpreter of an environment that has trafilatura,
both read every page in turn, so that the ratio of their times means something on a noisy machine.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from agents.knowledge.extract import main_markdown

DATA = Path(__file__).resolve().parents[2] / "shared/data/wcxb-dev"
PEER = Path(__file__).parent / "bare" / "trafilatura_peer.py"
PARTS = ("precision", "recall", "F1")


@dataclass(frozen=True)
class Page:
    name: str
    kind: str
    url: str
    html: str
    truth: str

    @property
    def half(self) -> int:
        """0 or 1: rules are tuned on the first half, and the second says whether they hold."""
        return hashlib.sha1(self.name.encode()).digest()[-1] % 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--peer", help="a Python that can import trafilatura")
    chosen = arguments.parse_args()
    if not (chosen.data / "truth").is_dir():
        sys.exit(f"{chosen.data} holds no folder truth/. Name the benchmark's folder with --data.")
    peer = Peer(chosen.peer) if chosen.peer else None
    rows: list[tuple[Page, tuple[float, float, float]]] = []
    seconds: list[float] = []
    for page in read_pages(chosen.data):
        begun = time.process_time()
        markdown = main_markdown(page.html, page.url)
        seconds.append(time.process_time() - begun)
        if peer:
            peer.read(page)
        rows.append((page, score(markdown, page.truth)))
    report(rows)
    print(f"{1000 * mean(seconds):.1f} ms of processor time a page")
    if peer:
        peer.report(sum(seconds))


def read_pages(data: Path) -> Iterator[Page]:
    for path in sorted((data / "truth").glob("*.json")):
        truth = json.loads(path.read_text())
        raw = gzip.decompress((data / "html" / f"{path.stem}.html.gz").read_bytes())
        html = raw.decode("utf-8", "replace")
        yield Page(path.stem, truth["page_type"], truth["url"], html, truth["main_content"])


def score(markdown: str, truth: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of words, as WCXB counts them."""
    found, wanted = words(plain(markdown)), words(truth)
    hits = sum((found & wanted).values())
    if not hits:
        return 0.0, 0.0, 0.0
    precision, recall = hits / sum(found.values()), hits / sum(wanted.values())
    return precision, recall, 2 * precision * recall / (precision + recall)


def plain(markdown: str) -> str:
    """Without the marks of Markdown, since the truth has none."""
    text = re.sub(r"!?\[([^\]]*)\]\((?:<[^>]*>|[^)]*)\)", r"\1", markdown)
    return re.sub(r"[*_`#>|~]", " ", text)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def report(rows: list[tuple[Page, tuple[float, float, float]]]) -> None:
    groups: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for page, scores in rows:
        for group in (page.kind, f"half {page.half}", "~ all"):
            groups[group].append(scores)
    for group, scored in sorted(groups.items()):
        parts = [mean(column) for column in zip(*scored, strict=True)]
        shown = "  ".join(f"{name} {part:.3f}" for name, part in zip(PARTS, parts, strict=True))
        print(f"{group:<14} n={len(scored):<4} {shown}")


class Peer:
    """trafilatura in a process of its own, which reads a page when it is told to."""

    def __init__(self, python: str) -> None:
        self.process = subprocess.Popen(
            [python, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.seconds: list[float] = []
        self.scores: list[float] = []

    def read(self, page: Page) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"html": page.html, "url": page.url}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.seconds.append(answer["seconds"])
        self.scores.append(score(answer["text"], page.truth)[2])

    def report(self, ours: float) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        print(
            f"trafilatura: F1 {mean(self.scores):.3f}, {1000 * mean(self.seconds):.1f} ms a page; "
            f"ratio of the times {ours / sum(self.seconds):.3f}"
        )


if __name__ == "__main__":
    main()
