"""How far a program is, as its lines tell; and the last of them, which may be its result."""

from __future__ import annotations

import pytest

from tasks.programs.last_line import LONGEST, LastLine
from tasks.programs.progress import latest, told_by


@pytest.mark.parametrize(
    ("line", "share"),
    [
        ("Processing row 1/500", 1 / 500),
        ("[17/20] compiling", 17 / 20),
        ("row 3 / 4, well", 3 / 4),
        ("37%", 0.37),
        ("37 % done", 0.37),
        (" 12.5%|####     | 1/8 [00:01<00:07]", 1 / 8),
        ("progress=99.99%", 0.9999),
        ('{"percent": 37}', 0.37),
        ('{"percent": 0.5, "message": "reading"}', 0.005),
        ('{"percent": 100}', 1),
        ("500/500", 1),
    ],
)
def test_a_line_tells_how_far_it_is(line: str, share: float) -> None:
    told = told_by(line)
    assert told is not None
    assert told.done / told.total == pytest.approx(share)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "HTTP/1.1 200",
        "26/11/2026 was a Thursday",
        "see /srv/1/2 and http://host/3/4",
        "5/0",
        "501/500",
        "120%",
        "x37%",
        "{broken 1/2",
        '{"percent": "37"}',
        '{"percent": true}',
        '{"percent": NaN}',
        '{"percent": 101}',
        '{"other": 1}',
        "1/1234567890",
        '{"a":' * 1600,
    ],
)
def test_a_line_that_tells_nothing_moves_nothing(line: str) -> None:
    assert told_by(line) is None


def test_the_details_are_what_a_person_can_read() -> None:
    for line, details in (
        ("  row 1/500 ", "row 1/500"),
        ('{"percent": 1, "message": "reading"}', "reading"),
        (r'{"percent": 1, "message": "\ud83d"}', "?"),
        ('{"percent": 1}', ""),
    ):
        told = told_by(line)
        assert told is not None
        assert told.details == details


def test_the_latest_line_that_tells_anything_counts() -> None:
    lines = ["row 1/5", "row 2/5", "something else"]
    told = latest(reversed(lines))
    assert told is not None
    assert told.done == 2
    assert latest([]) is None


def last_line(*pieces: bytes) -> str:
    kept = LastLine()
    for piece in pieces:
        kept.feed(piece)
    return kept.text


@pytest.mark.parametrize(
    "pieces",
    [
        (b"first\nlast\n",),
        (b"first\nlast",),
        (b"first\nla", b"st\n"),
        (b"first\nlast", b"\n"),
        (b"first\nlast\r\n", b"\n", b"  \n\n", b" "),
        (b"l", b"a", b"s", b"t"),
        (b"first\n", b"\n\nlast\n\n"),
    ],
)
def test_the_last_line_that_is_not_blank_is_kept(pieces: tuple[bytes, ...]) -> None:
    assert last_line(*pieces) == "last"
    assert last_line() == last_line(b"\n \n") == ""


def test_a_last_line_without_end_is_not_kept_without_end() -> None:
    kept = LastLine()
    for _ in range(10):
        kept.feed(b"x" * LONGEST)
    assert kept.is_cut
    assert len(kept.text) == LONGEST + 1
    kept.feed(b"\nshort\n")
    assert (kept.text, kept.is_cut) == ("short", False)
