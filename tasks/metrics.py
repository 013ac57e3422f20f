"""What the installation is doing, read from the database: the truth for every process."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Sum
from django.utils import timezone

from tasks import pulse, workflows
from tasks.models import Counter, TaskState
from tasks.states import ACTIVE, FINISHED, Measure, State, StepState


@dataclass(slots=True)
class Durations:
    """How often something ended in one way, and how long it took in all.

    `counts` holds, by upper bound in seconds, how many took no longer (and longer than the bound
    before).
    """

    counts: dict[float, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def average(self) -> float | None:
        """Seconds; None where nothing was counted."""
        return self.seconds / self.count if self.count else None


@dataclass(slots=True)
class StepFigures:
    """The attempts at a step by how they ended, and how often its worker died."""

    attempts: dict[str, Durations] = field(default_factory=lambda: defaultdict(Durations))
    rescues: int = 0

    @property
    def retries(self) -> int:
        """Attempts that failed and were followed by another."""
        return self.attempts[StepState.RETRYING].count if StepState.RETRYING in self.attempts else 0


@dataclass(slots=True)
class WorkflowFigures:
    """The tasks of one workflow: those that are unfinished now, and all runs that ever ended."""

    unfinished: dict[str, int] = field(default_factory=lambda: dict.fromkeys(sorted(ACTIVE), 0))
    oldest_queued_at: datetime | None = None
    runs: dict[str, Durations] = field(
        default_factory=lambda: {state: Durations() for state in sorted(FINISHED)}
    )
    restarts: int = 0
    steps: dict[str, StepFigures] = field(default_factory=lambda: defaultdict(StepFigures))

    @property
    def error_rate(self) -> float | None:
        """Failed runs as a share of those that nobody cancelled; None where there are none."""
        failed, succeeded = self.runs[State.FAILED].count, self.runs[State.SUCCESS].count
        return failed / (failed + succeeded) if failed + succeeded else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything at one moment."""

    at: datetime
    workflows: dict[str, WorkflowFigures]
    pulses: dict[str, datetime]

    def age(self, moment: datetime | None) -> float:
        """Seconds since `moment`, 0 where there is none."""
        return max((self.at - moment).total_seconds(), 0.0) if moment else 0.0

    @property
    def queue_age(self) -> float:
        """Seconds that the oldest queued task has waited."""
        ages = (self.age(each.oldest_queued_at) for each in self.workflows.values())
        return max(ages, default=0.0)


def collect() -> Figures:
    """Read everything: three queries, whose cost depends neither on how many tasks have finished
    nor on how many processes there are."""
    figures = {name: _nothing_yet(name) for name in workflows.names()}
    _add_unfinished(figures)
    _add_totals(figures)
    return Figures(timezone.now(), figures, pulse.last())


def queue_age() -> float:
    """Seconds that the oldest queued task has waited; 0 if none does."""
    figures: dict[str, WorkflowFigures] = {}
    _add_unfinished(figures)
    return Figures(timezone.now(), figures, {}).queue_age


def _nothing_yet(workflow: str) -> WorkflowFigures:
    """Zeros, so that a first failure shows as an increase."""
    empty = WorkflowFigures()
    for step in workflows.get(workflow).steps:
        empty.steps[step.name] = StepFigures()
    return empty


def _of(figures: dict[str, WorkflowFigures], workflow: str) -> WorkflowFigures:
    """Also of a workflow that is not registered any more."""
    return figures.setdefault(workflow, WorkflowFigures())


def unfinished_by_state() -> Any:
    """The query for state, workflow, how many tasks there are, and since when the oldest waits."""
    tasks = TaskState.objects.unfinished().order_by()
    return tasks.values_list("state", "workflow").annotate(Count("pk"), Min("queued_at"))


def _add_unfinished(figures: dict[str, WorkflowFigures]) -> None:
    for state, workflow, count, oldest in unfinished_by_state():
        of_workflow = _of(figures, workflow)
        of_workflow.unfinished[state] = count
        if state == State.QUEUED:
            of_workflow.oldest_queued_at = oldest


def _add_totals(figures: dict[str, WorkflowFigures]) -> None:
    rows = Counter.objects.values_list("measure", "workflow", "step", "state", "bound").annotate(
        Sum("count"), Sum("seconds")
    )
    for measure, workflow, step, state, bound, count, seconds in rows:
        of_workflow = _of(figures, workflow)
        match measure:
            case Measure.RUN:
                _add_durations(of_workflow.runs[state], bound, count, seconds)
            case Measure.ATTEMPT:
                _add_durations(of_workflow.steps[step].attempts[state], bound, count, seconds)
            case Measure.RESTART:
                of_workflow.restarts += count
            case Measure.RESCUE:
                of_workflow.steps[step].rescues += count


def _add_durations(durations: Durations, bound: float, count: int, seconds: float) -> None:
    durations.counts[bound] = count
    durations.seconds += seconds
