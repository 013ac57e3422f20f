"""How often a step is tried again, after which errors, and how long it waits before."""

from __future__ import annotations

import random

import pytest
from django.db import OperationalError

from tasks.errors import PermanentError, TimeLimitExceeded, TransientError
from tasks.workflows import RetryPolicy

POLICY = RetryPolicy(attempts=5, base=2, cap=10)


@pytest.mark.parametrize(
    "error", [TransientError("x"), OperationalError(), ConnectionResetError(), TimeoutError()]
)
def test_an_error_that_may_pass_is_worth_another_attempt(error: Exception) -> None:
    assert POLICY.allows(error, attempt=1)


@pytest.mark.parametrize(
    "error", [PermanentError("x"), TimeLimitExceeded("x"), KeyError("a bug"), SystemExit()]
)
def test_an_error_that_stays_is_not(error: BaseException) -> None:
    assert not POLICY.allows(error, attempt=1)


def test_there_are_as_many_attempts_as_the_policy_says() -> None:
    allowed = [attempt for attempt in range(1, 9) if POLICY.allows(TransientError("x"), attempt)]
    assert allowed == [1, 2, 3, 4]


def test_a_step_may_name_its_own_errors() -> None:
    policy = RetryPolicy(retry_on=(KeyError,))
    assert policy.allows(KeyError(), 1)
    assert not policy.allows(TransientError("x"), 1)


@pytest.mark.parametrize(
    ("attempt", "ceiling"), [(1, 2), (2, 4), (3, 8), (4, 10), (5, 10), (400, 10)]
)
def test_the_backoff_is_spread_evenly_below_a_ceiling_that_doubles_up_to_the_cap(
    attempt: int, ceiling: float
) -> None:
    random.seed(7)
    seconds = [POLICY.backoff(attempt).total_seconds() for _ in range(400)]
    assert 0 <= min(seconds) < 0.05 * ceiling
    assert 0.95 * ceiling < max(seconds) <= ceiling
    assert sum(seconds) / len(seconds) == pytest.approx(ceiling / 2, rel=0.15)
