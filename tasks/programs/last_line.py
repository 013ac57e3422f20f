"""The last line that a program writes, which may say what came out of it all."""

from __future__ import annotations

LONGEST = 262_144
"""Bytes. A longer one is too long to be a result."""


class LastLine:
    """Takes what a program writes, as it comes, and keeps the last line that is not blank."""

    def __init__(self) -> None:
        self._last = b""
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take what the program has written."""
        whole, newline, rest = data.rpartition(b"\n")
        if not newline:
            self._rest = (self._rest + rest)[: LONGEST + 1]
            return
        _, newline, last = whole.rstrip().rpartition(b"\n")
        line = last if newline else self._rest + last
        if line.strip():
            self._last = line[: LONGEST + 1]
        self._rest = rest[: LONGEST + 1]

    @property
    def text(self) -> str:
        """That line; empty if there is none."""
        line = self._rest if self._rest.strip() else self._last
        return line.decode(errors="replace").strip()

    @property
    def is_cut(self) -> bool:
        """Whether it is longer than what is kept."""
        return len(self._rest if self._rest.strip() else self._last) > LONGEST
