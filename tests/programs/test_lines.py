"""What a program writes, cut into the lines that a terminal would show."""

from __future__ import annotations

import time

import pytest

from tasks.masking import mask
from tasks.programs.lines import CUT, LONGEST_LINE, LineCutter


def cut(*pieces: bytes) -> list[str]:
    """The lines, if each piece is followed by a look at what is there."""
    lines, cutter = [], LineCutter()
    for piece in pieces:
        cutter.feed(piece)
        lines += cutter.take()
    cutter.end()
    return lines + cutter.take()


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"on", b"e\nt", b"wo\n"], ["one", "two"]),
        ([b"one\n\ntwo\n"], ["one", "", "two"]),
        ([b"no end"], ["no end"]),
        ([b"one\r\ntwo\r\n"], ["one", "two"]),
        ([b"one\r", b"\ntwo"], ["one", "two"]),
        ([b"caf\xc3", b"\xa9\n"], ["café"]),
        ([b"bad \xff byte\n"], ["bad \ufffd byte"]),
        ([], []),
    ],
)
def test_lines_are_what_stands_between_their_ends(pieces: list[bytes], lines: list[str]) -> None:
    assert cut(*pieces) == lines


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"\r10%\r20%\r30%"], ["30%"]),
        ([b"10%\r20%\r30%\r"], ["30%"]),
        ([b"\r10%", b"\r20%", b"\r20%", b"\r100%\n"], ["10%", "20%", "100%"]),
        ([b"\r50%\r100%", b"\ndone\n"], ["100%", "done"]),
    ],
)
def test_of_a_bar_each_look_gives_the_latest_state(pieces: list[bytes], lines: list[str]) -> None:
    assert cut(*pieces) == lines


def test_a_line_that_is_too_long_is_cut_with_a_mark() -> None:
    long = b"x" * (LONGEST_LINE + 1)
    assert cut(b"y" * LONGEST_LINE + b"\n") == ["y" * LONGEST_LINE]
    assert cut(long + b"\nnext\n") == ["x" * LONGEST_LINE + CUT, "next"]
    assert cut(*[long] * 50, b"\n") == ["x" * LONGEST_LINE + CUT]


def test_a_line_without_an_end_is_not_kept_beyond_what_is_shown_of_it() -> None:
    cutter = LineCutter()
    for _ in range(100):
        cutter.feed(b"x" * 65_536)
    assert len(cutter._rest) <= LONGEST_LINE + 1


def test_a_line_made_to_be_slow_to_mask_is_not() -> None:
    """A rule that begins anew at each of its words takes minutes for this one."""
    begun = time.process_time()
    mask("a-" * 32_000)
    assert time.process_time() - begun < 5
