"""How long each interruption lasted: from the blow to the task's next sign of work."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from tasks.states import State
from tests.chaos.database import Row
from tests.chaos.faults import Blow, Fault
from tests.chaos.ledger import Ledger

TARGET = 30.0
POOL_TARGET = 5.0
"""Seconds within which 95 of 100 interruptions are over: all, and a pool process's death."""


@dataclass(frozen=True)
class Wait:
    """From a blow to a task's next sign of work, or to the next blow where that came before."""

    seconds: float
    is_over: bool


@dataclass(frozen=True)
class Figures:
    """The distribution of the seconds that an interruption lasts if nothing else strikes.

    In a run, something else does: then it is only known that it would have lasted longer. Kaplan
    and Meier ("Nonparametric Estimation from Incomplete Observations", 1958) estimate from such
    waits together with those that came to their end. A share that none of them reached is infinite.
    """

    count: int
    median: float
    p95: float
    longest: float

    @classmethod
    def of(cls, waits: Sequence[Wait]) -> Figures:
        ended = [wait.seconds for wait in waits if wait.is_over]
        longest = max(ended, default=0.0)
        return cls(len(ended), _within(waits, 0.5), _within(waits, 0.95), longest)


def _within(waits: Sequence[Wait], share: float) -> float:
    """The seconds within which that share of all interruptions is over."""
    lasting = 1.0
    in_order = sorted(waits, key=lambda wait: (wait.seconds, not wait.is_over))
    for number, wait in enumerate(in_order):
        if wait.is_over:
            lasting *= 1 - 1 / (len(in_order) - number)
        if lasting <= 1 - share:
            return wait.seconds
    return math.inf if waits else 0.0


def measure(blows: Sequence[Blow], ledger: Ledger) -> dict[Fault, list[Wait]]:
    """The waits of all tasks that were struck, by kind of fault."""
    waits: dict[Fault, list[Wait]] = defaultdict(list)
    for blow, following in zip_longest(blows, blows[1:]):
        for task_id in blow.victims:
            signs = (e["at"] for e in _signs_of_work(ledger.events[task_id]) if e["at"] > blow.at)
            if sign := next(signs, None):
                is_over = following is None or sign <= following.at
                end = sign if is_over else following.at
                waits[blow.fault].append(Wait((end - blow.at).total_seconds(), is_over))
    return waits


def summary(waits: Mapping[Fault, list[Wait]]) -> dict[str, Figures]:
    """The figures of each kind of fault, and of all together."""
    figures = {str(fault): Figures.of(of) for fault, of in sorted(waits.items())}
    together = [one for of in waits.values() for one in of]
    return {**figures, "all": Figures.of(together)}


def missed_targets(figures: Mapping[str, Figures]) -> Iterator[str]:
    """Which promise about time was not kept, in sentences."""
    for name, target in (("all", TARGET), (str(Fault.POOL), POOL_TARGET)):
        if name in figures and figures[name].p95 > target:
            yield f"Recovery ({name}) took {figures[name].p95:.1f} s at p95, and not {target:g} s."


def _signs_of_work(events: Sequence[Row]) -> Iterator[Row]:
    """What only a worker does: lines of the log and requests of users are none."""
    return (e for e in events if e["type"] != "log" and e["state"] != State.QUEUED)
