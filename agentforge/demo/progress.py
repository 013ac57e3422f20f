"""Shows a task's steps and its percent in the terminal while its events come in."""

from __future__ import annotations

from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from tasks.terminal import ProgressLines

Json = dict[str, Any]


class Display(Protocol):
    """Draws events. Use it as a context manager."""

    def __enter__(self) -> Display: ...

    def __exit__(self, *details: object) -> None: ...

    def show(self, event: Json) -> None:
        """Draw one event; each carries state, percent and step."""
        ...


def display_for(console: Console, steps: list[Json]) -> Display:
    """Moving bars in a terminal, lines in a file or pipe.

    Args:
        steps: the task's steps as the API lists them, in order.
    """
    return Bars(console, steps) if console.is_terminal else Lines(console)


class Bars:
    """One bar a step, and one below them for the whole task."""

    def __init__(self, console: Console, steps: list[Json]) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=32),
            TaskProgressColumn(),
            TextColumn("{task.fields[details]}", markup=False),
            console=console,
        )
        self._steps = {step["name"]: self._row(step["name"]) for step in steps}
        self._total = self._row("total")

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()

    def show(self, event: Json) -> None:
        # Rounded down, because 100 % means SUCCESS and nothing else.
        percent = int(event["percent"])
        self._progress.update(self._total, completed=percent, details=event["state"])
        row = self._steps.get(event["step"])
        if row is not None and event["type"] in ("step", "progress"):
            self._show_step(row, event)

    def _row(self, name: str) -> TaskID:
        return self._progress.add_task(name, total=100, details="")

    def _show_step(self, row: TaskID, event: Json) -> None:
        data = event["data"]
        if data.get("step_state") == "SUCCESS":
            self._progress.update(row, completed=100)
        elif data.get("total"):
            self._progress.update(row, completed=100 * data["done"] / data["total"])
        if event["type"] == "progress":
            self._progress.update(row, details=event["message"])


class Lines:
    """One line whenever the step or the percent has changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines = ProgressLines()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *details: object) -> None:
        """There is nothing to put away."""

    def show(self, event: Json) -> None:
        if line := self._lines.line(event):
            self._console.print(line, markup=False, highlight=False)
