"""How long each interruption lasted: from the blow to the task's next sign of work."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.states import State
from tests.chaos.database import Row
from tests.chaos.faults import Blow, Fault
from tests.chaos.ledger import Ledger

TARGET = 30.0
POOL_TARGET = 5.0
"""Seconds within which 95 of 100 interruptions are over: all, and a pool process's death."""


@dataclass(frozen=True)
class Figures:
    """The distribution of the seconds that interruptions lasted."""

    count: int
    median: float
    p95: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Figures:
        ordered = sorted(seconds) or [0.0]
        p95 = ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
        return cls(len(seconds), statistics.median(ordered), p95, ordered[-1])


def measure(blows: Sequence[Blow], ledger: Ledger) -> dict[Fault, list[float]]:
    """Seconds by kind of fault.

    A task that is struck again before it has recovered counts once for each blow, and from each
    blow's own moment: the figures hold all that comes together in a run.
    """
    seconds: dict[Fault, list[float]] = defaultdict(list)
    for blow in blows:
        for task_id in blow.victims:
            for event in _signs_of_work(ledger.events[task_id]):
                if event["at"] > blow.at:
                    seconds[blow.fault].append((event["at"] - blow.at).total_seconds())
                    break
    return seconds


def summary(seconds: Mapping[Fault, list[float]]) -> dict[str, Figures]:
    """The figures of each kind of fault, and of all together."""
    figures = {str(fault): Figures.of(of) for fault, of in sorted(seconds.items())}
    together = [one for of in seconds.values() for one in of]
    return {**figures, "all": Figures.of(together)}


def missed_targets(figures: Mapping[str, Figures]) -> Iterator[str]:
    """Which promise about time was not kept, in sentences."""
    for name, target in (("all", TARGET), (str(Fault.POOL), POOL_TARGET)):
        if name in figures and figures[name].p95 > target:
            yield f"Recovery ({name}) took {figures[name].p95:.1f} s at p95, and not {target:g} s."


def _signs_of_work(events: Sequence[Row]) -> Iterator[Row]:
    """What only a worker does: lines of the log and requests of users are none."""
    return (e for e in events if e["type"] != "log" and e["state"] != State.QUEUED)
