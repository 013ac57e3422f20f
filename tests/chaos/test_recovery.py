"""How long interruptions last, estimated from waits that were themselves interrupted."""

from __future__ import annotations

import math

import pytest

from tests.chaos.recovery import Figures, Wait


def waits(*seconds: float, cut_off: bool = False) -> list[Wait]:
    return [Wait(each, not cut_off) for each in seconds]


def test_waits_that_all_came_to_their_end_are_just_counted() -> None:
    figures = Figures.of(waits(*range(1, 101)))
    assert (figures.count, figures.median, figures.p95, figures.longest) == (100, 50, 95, 100)


def test_a_wait_that_was_cut_off_counts_for_as_long_as_it_was_seen() -> None:
    # The textbook's example: at 6, three of 21 end; at 7, one of 17; at 10, one of 15.
    ended = waits(6, 6, 6, 7, 10, 13, 16, 22, 23)
    cut_off = waits(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35, cut_off=True)
    assert Figures.of([*ended, *cut_off]).median == 23


def test_what_nobody_was_seen_to_reach_is_unknown() -> None:
    assert Figures.of([*waits(1), *waits(2, 2, cut_off=True)]).p95 == math.inf
    assert Figures.of([]).p95 == 0


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_cutting_off_at_random_does_not_make_waits_shorter(share: float) -> None:
    seen = [Wait(n if n % 2 else n * share, bool(n % 2)) for n in range(1, 1001)]
    assert Figures.of(seen).p95 >= 900
