"""The arithmetic of the bar. Fractions throughout, so that no rounding reaches 100 too early."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tasks.models import StepRun
from tasks.states import StepState

HIGHEST_UNFINISHED = 99.99
"""100 means SUCCESS, so a last step that has done all its work but not returned stands here."""


def of(base: int, weight: int, done: int, total: int) -> float:
    """The percent of a task, cut off (not rounded) after two decimals.

    Args:
        base: the sum of the weights of the finished steps.
        weight: the current step's weight.
        done: units of work that it has done, of `total`. No total means nothing is known yet.
    """
    hundredths = int(100 * (base + weight * _share(done, total)))
    return min(hundredths / 100, HIGHEST_UNFINISHED)


def finished_weight(steps: Iterable[StepRun]) -> int:
    """The sum of the weights of the steps that are done."""
    return sum(step.weight for step in steps if step.state == StepState.SUCCESS)


def advances(old: tuple[int, int], new: tuple[int, int]) -> bool:
    """Whether the (done, total) `new` is at least as far along as `old`.

    Work that turns up on the way makes a total grow faster than what is done. The bar must not
    fall, so such a pair is not adopted until the done part has caught up.
    """
    return _share(*new) >= _share(*old)


def _share(done: int, total: int) -> Fraction:
    """The part of its work that a step has done. More than the total is all of it."""
    return Fraction(min(done, total), total) if total else Fraction(0)
