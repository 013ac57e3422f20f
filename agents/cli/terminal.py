"""What the program prints: lines for a worker or a file, and a bar where somebody looks on."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

INTERVAL = 0.2
"""Seconds between two lines that only say how far it is."""


class Terminal:
    """The program's standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(soft_wrap=True, highlight=False)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False)

    def result(self, result: Mapping[str, Any]) -> None:
        """Print what came out, as the last line: a JSON object, which a worker stores."""
        self._console.print(json.dumps({"result": result}, ensure_ascii=False), markup=False)

    def confirms(self, question: str) -> bool | None:
        """Whether somebody says yes; None where nobody can be asked."""
        if not sys.stdin.isatty():
            return None
        answer = self._console.input(f"{question} [y/N] ", markup=False)
        return answer.strip().lower() in ("y", "yes")

    @contextmanager
    def counting(self, what: str, total: int | None) -> Iterator[Counter]:
        """Show how much of something is done.

        Args:
            what: what is printed before the numbers, such as `Processing row`.
            total: how much there is to do, if that is known.
        """
        if self._console.is_terminal:
            with _bar(self._console) as progress:
                yield _Bar(progress, what, total)
        else:
            lines = _Lines(self, what, total)
            yield lines
            lines.end()


class Counter(Protocol):
    """Is told how far the work is."""

    def reach(self, done: int) -> None:
        """So much is done. Call it as often as you like."""
        ...


class _Lines:
    def __init__(self, terminal: Terminal, what: str, total: int | None) -> None:
        self._terminal, self._what, self._total = terminal, what, total
        self._done = self._told = 0
        self._told_at = 0.0

    def reach(self, done: int) -> None:
        self._done = done
        now = time.monotonic()
        if now - self._told_at >= INTERVAL:
            self._told_at = now
            self._tell()

    def end(self) -> None:
        if self._done != self._told:
            self._tell()

    def _tell(self) -> None:
        self._told = self._done
        of_all = f"/{self._total}" if self._total else ""
        self._terminal.say(f"{self._what} {self._done}{of_all}")


class _Bar:
    def __init__(self, progress: Progress, what: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def reach(self, done: int) -> None:
        self._progress.update(self._task, completed=done)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=console)
