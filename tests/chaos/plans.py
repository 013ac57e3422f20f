"""What the run asks of the stack: which workflow, when it is cancelled, how often retried."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tasks.states import State

BUILD = "build-agent"


@dataclass(frozen=True)
class Plan:
    """One task, from its submission to its last retry.

    Attributes:
        key: its idempotency key, by which a submission can be repeated safely.
        cancels: for each run that the task is allowed, the seconds after which it is cancelled.
        outcome: how a run ends that nobody cancels.
        error_code: the reason, where that is a failure.
    """

    key: str
    workflow: str
    params: dict[str, Any] = field(default_factory=dict)
    cancels: tuple[float | None, ...] = (None,)
    outcome: State = State.SUCCESS
    error_code: str = ""
    calls_back: bool = False

    @property
    def legal_ends(self) -> set[State]:
        """The states in which the task may come to rest."""
        cancelled = {State.CANCELLED} if any(self.cancels) else set()
        return {self.outcome} | cancelled


Draft = Callable[[random.Random], dict[str, Any]]


def _seven(dice: random.Random) -> dict[str, Any]:
    return {"workflow": "test-seven"}


def _count(dice: random.Random) -> dict[str, Any]:
    params = {"units": dice.randint(10, 40), "pause": 0.05}
    return {"workflow": "test-count", "params": params, "cancels": _cancels(dice)}


def _flaky(dice: random.Random) -> dict[str, Any]:
    return {"workflow": "test-flaky", "params": {"failures": dice.randint(1, 2)}}


def _hopeless(dice: random.Random) -> dict[str, Any]:
    return {
        "workflow": "test-hopeless",
        "cancels": (None,) * dice.randint(1, 3),
        "outcome": State.FAILED,
        "error_code": "hopeless",
    }


def _waiting(dice: random.Random) -> dict[str, Any]:
    cancels = tuple(dice.uniform(0.2, 4) for _ in range(dice.randint(1, 2)))
    return {"workflow": "test-wait", "cancels": cancels, "outcome": State.CANCELLED}


def _poison(dice: random.Random) -> dict[str, Any]:
    return {
        "workflow": "test-deadly",
        "params": {"deaths": 1000},
        "outcome": State.FAILED,
        "error_code": "worker_lost",
    }


def _build(dice: random.Random) -> dict[str, Any]:
    return {"workflow": BUILD, "cancels": _cancels(dice)}


def _cancels(dice: random.Random) -> tuple[float | None, ...]:
    """Mostly never; else in the first run, and the user tries again."""
    return (dice.uniform(0.1, 3), None) if dice.random() < 0.2 else (None,)


MIX: dict[Draft, int] = {
    _count: 34,
    _seven: 24,
    _build: 14,
    _flaky: 10,
    _hopeless: 8,
    _waiting: 8,
    _poison: 2,
}


def plans(seed: int, site_url: str) -> Iterator[Plan]:
    """The tasks of a run, one after another, without an end."""
    dice = random.Random(seed)
    for number in count(1):
        (draft,) = dice.choices(list(MIX), weights=list(MIX.values()))
        drawn = draft(dice)
        if drawn["workflow"] == BUILD:
            drawn["params"] = {"urls": [f"{site_url}/"]}
        yield Plan(key=f"chaos-{seed}-{number}", calls_back=dice.random() < 0.3, **drawn)
