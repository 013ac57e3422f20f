"""The most memory that processes take, sampled ten times a second."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

SAMPLE = 0.1


class Memory(threading.Thread):
    """The highest resident size of each process whose command line holds a word, in MB.

    Args:
        words: what names the processes. The key of a peak is the word and the process's id.
    """

    def __init__(self, *words: str) -> None:
        super().__init__(daemon=True)
        self._words = words
        self.peaks: dict[str, float] = {}
        self._enough = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._enough.set()
        self.join()

    @property
    def largest(self) -> float:
        """Of the largest process."""
        return max(self.peaks.values(), default=0.0)

    def run(self) -> None:
        while not self._enough.wait(SAMPLE):
            for process in Path("/proc").glob("[0-9]*"):
                self._sample(process)

    def _sample(self, process: Path) -> None:
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            pages = int((process / "statm").read_text().split()[1])
        except (OSError, ValueError):
            return
        if name := next((word for word in self._words if word in command), ""):
            key = f"{name} {process.name}"
            self.peaks[key] = max(self.peaks.get(key, 0), pages * 4096 / 1e6)
