"""A step that waits until a test lets it go on, wherever and however often it is executed."""

from __future__ import annotations

from pathlib import Path

from tests.engine.waiting import eventually


class Gate:
    """Holds a step of `test-file` until it is opened, and knows who has arrived at it."""

    def __init__(self, directory: Path) -> None:
        self._file, self._trace = directory / "open", directory / "trace"
        self.params = {"file": str(self._file), "trace": str(self._trace)}

    def arrivals(self) -> list[int]:
        """The process id of each execution of the step, in their order."""
        if not self._trace.exists():
            return []
        return [int(line.split()[1]) for line in self._trace.read_text().splitlines()]

    def wait_for_arrival(self, number: int) -> int:
        """Wait for the execution of that number, and return its process id."""
        eventually(lambda: len(self.arrivals()) >= number, seconds=120)
        return self.arrivals()[number - 1]

    def open(self) -> None:
        self._file.touch()
