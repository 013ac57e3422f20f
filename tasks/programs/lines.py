"""Cuts what a program writes into lines that a history can hold."""

from __future__ import annotations

LONGEST_LINE = 8192
"""Bytes that are kept of a line."""
CUT = " … (cut)"


class LineCutter:
    """Takes bytes as they come, and gives lines as a terminal would show them.

    Of a bar that is drawn over and over with carriage returns, each `take` gives the latest state.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = 0
        self._rest = b""
        self._bar = ""
        self._shown = ""

    def __len__(self) -> int:
        """How many lines are there to take."""
        return len(self._lines) + bool(self._bar)

    @property
    def size(self) -> int:
        """About how many characters these have."""
        return self._size

    def feed(self, data: bytes) -> None:
        """Take what the program has written."""
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._add(line)
        # One carriage return at the end may be half of a line's end; any other one draws a bar.
        if b"\r" in rest[:-1]:
            drawn = [state for state in rest.split(b"\r") if state]
            self._bar = _text(drawn[-1]) if drawn else ""
            rest = b"\r" + rest[rest.rstrip(b"\r").rfind(b"\r") + 1 :]
        # One byte more than is kept shows that there was more.
        self._rest = rest[: LONGEST_LINE + 1]

    def take(self) -> list[str]:
        """The lines that are complete, once, and the present state of a bar."""
        if self._bar and self._bar != self._shown:
            self._lines.append(self._bar)
            self._shown = self._bar
        taken, self._lines = self._lines, []
        self._bar, self._size = "", 0
        return taken

    def end(self) -> None:
        """The program will write no more: what stands there without an end is a line, too."""
        if self._rest:
            self._add(self._rest)
            self._rest = b""

    def _add(self, line: bytes) -> None:
        # What is left to see of a bar is its last state, which may have been told of.
        text = _text(line.rstrip(b"\r").rpartition(b"\r")[2])
        if not (self._shown and text == self._shown):
            self._lines.append(text)
            self._size += len(text)
        self._bar = self._shown = ""


def _text(line: bytes) -> str:
    if len(line) > LONGEST_LINE:
        return line[:LONGEST_LINE].decode(errors="replace") + CUT
    return line.decode(errors="replace")
