"""The bar's arithmetic, over every small case there is."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from itertools import product

import pytest

from tasks import percent
from tests.workflows.declared import SEVEN

SMALL = range(8)
PAIRS = list(product(SMALL, SMALL))
"""Every (done, total) that a step may report, the senseless ones included."""


def exactly(base: int, weight: int, done: int, total: int) -> float:
    share = Fraction(weight * done, total)
    hundredths = Decimal(base) + Decimal(share.numerator) / Decimal(share.denominator)
    return float(hundredths.quantize(Decimal("0.01"), ROUND_DOWN))


@pytest.mark.parametrize("position", range(len(SEVEN)))
def test_it_is_the_finished_weights_and_a_share_of_the_current_one(position: int) -> None:
    base, weight = sum(SEVEN[:position]), SEVEN[position]
    for total in range(1, 60):
        for done in range(total + (base + weight < 100)):
            assert percent.of(base, weight, done, total) == exactly(base, weight, done, total)


def test_it_is_cut_off_and_not_rounded() -> None:
    assert percent.of(0, 35, 2, 3) == 23.33
    assert percent.of(5, 35, 529, 530) == 39.93


def test_it_is_exact_where_binary_fractions_are_not() -> None:
    assert [percent.of(0, 100, done, 1000) for done in (3, 7, 29, 57)] == [0.3, 0.7, 2.9, 5.7]


def test_it_stays_below_100_however_much_the_last_step_has_done() -> None:
    assert percent.of(95, 5, 7, 7) == percent.HIGHEST_UNFINISHED
    assert percent.of(95, 5, 10**9 - 1, 10**9) == percent.HIGHEST_UNFINISHED
    assert percent.of(100, 0, 0, 0) == percent.HIGHEST_UNFINISHED


@pytest.mark.parametrize(("base", "weight"), [(0, 100), (5, 35), (95, 5)])
def test_no_report_leaves_the_share_of_its_step(base: int, weight: int) -> None:
    for done, total in PAIRS:
        assert base <= percent.of(base, weight, done, total) <= base + weight


def test_a_step_that_knows_no_total_has_done_nothing() -> None:
    assert percent.of(40, 15, 3, 0) == 40


@pytest.mark.parametrize(("base", "weight"), [(0, 100), (5, 35), (95, 5)])
def test_whatever_a_step_reports_next_the_bar_never_falls(base: int, weight: int) -> None:
    for old, new in product(PAIRS, PAIRS):
        if percent.advances(old, new):
            assert percent.of(base, weight, *new) >= percent.of(base, weight, *old)


def test_a_report_that_is_further_along_is_taken() -> None:
    for done, total in PAIRS:
        assert percent.advances((done, total), (done, total))
        if done < total:
            assert percent.advances((done, total), (done + 1, total))
            assert not percent.advances((done + 1, total), (done, total))


def test_a_total_that_grows_waits_until_what_is_done_has_caught_up() -> None:
    assert not percent.advances((5, 10), (6, 20))
    assert not percent.advances((5, 10), (9, 20))
    assert percent.advances((5, 10), (10, 20))


def test_the_first_report_of_a_total_is_taken() -> None:
    assert percent.advances((0, 0), (0, 10))
    assert percent.advances((0, 10), (0, 20))
