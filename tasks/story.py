"""The history of a task as people want to see it: its runs, and when each step was tried.

Both are read from its events, so a page that is opened later tells what a watcher saw.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from tasks.models import StepRun, TaskEvent, TaskState
from tasks.states import FINISHED, EventType, State, StepState

EVENTS_READ = 5_000
"""The newest events of a task that are looked through: a program may print a million lines."""
NARROWEST = 0.4
"""Percent of the width that even the shortest attempt takes, so that it is seen."""


@dataclass(slots=True)
class Run:
    """One run of the task.

    Args:
        begun: what put it into the queue, in a sentence.
        message: how it ended, in a sentence.
    """

    number: int
    queued_at: datetime
    begun: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    state: str = State.QUEUED
    message: str = ""

    def get_state_display(self) -> str:
        return State(self.state).label


@dataclass(slots=True)
class Attempt:
    """One try at a step, and where it stands between the run's start and its end, in percent."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    state: str
    reason: str = ""
    start: float = 0.0
    width: float = NARROWEST

    @property
    def label(self) -> str:
        return StepState(self.state).label


@dataclass(slots=True)
class Track:
    """A step with its attempts in this run; none for what an earlier run had finished."""

    step: StepRun
    attempts: list[Attempt] = field(default_factory=list)


def of(task: TaskState, steps: Iterable[StepRun]) -> tuple[list[Run], list[Track]]:
    """The runs of the task, the last one first, and the tracks of its steps in the last one."""
    events = _turns(task)
    begin = max((event.seq for event in events if event.state == State.QUEUED), default=0)
    tried = _attempts(event for event in events if event.seq > begin)
    tracks = [Track(step, tried.get(step.name) or _from_row(task, step)) for step in steps]
    _place(task, tracks)
    return _runs(task, events), tracks


def _turns(task: TaskState) -> list[TaskEvent]:
    """The events in which the task or a step entered another state."""
    first = task.last_seq - EVENTS_READ
    events = task.events.filter(seq__gt=first, seq__lte=task.last_seq)
    return list(events.filter(type__in=(EventType.STATE, EventType.STEP)).order_by("seq"))


def _runs(task: TaskState, events: list[TaskEvent]) -> list[Run]:
    runs: list[Run] = []
    for event in events:
        if event.type != EventType.STATE:
            continue
        if event.state == State.QUEUED:
            runs.append(Run(0, queued_at=event.at, begun=event.message))
        elif not runs:
            # What came before is not kept any more.
            runs.append(Run(0, queued_at=task.queued_at, started_at=task.started_at))
        _turn(runs[-1], event)
    for distance, run in enumerate(reversed(runs)):
        run.number = task.run - distance
    return runs[::-1]


def _turn(run: Run, event: TaskEvent) -> None:
    run.state = event.state
    if event.state == State.RUNNING:
        run.started_at = event.at
    elif event.state in FINISHED:
        run.finished_at = event.at
        run.message = event.message


def _attempts(events: Iterable[TaskEvent]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = defaultdict(list)
    for event in events:
        if event.type != EventType.STEP:
            continue
        state, number = event.data.get("step_state", ""), event.data.get("attempt", 1)
        attempts = found[event.step]
        if state == StepState.RUNNING:
            _end_of_lost(attempts, event)
            attempts.append(Attempt(number, event.at, None, state))
        elif attempts and attempts[-1].finished_at is None:
            attempts[-1].finished_at = event.at
            attempts[-1].state = state
            attempts[-1].reason = event.data.get("reason", "")
    return found


def _end_of_lost(attempts: list[Attempt], event: TaskEvent) -> None:
    """An attempt whose worker died has no end of its own."""
    if attempts and attempts[-1].finished_at is None:
        attempts[-1].finished_at = event.at
        attempts[-1].state = StepState.FAILED
        attempts[-1].reason = "Its worker stopped."


def _from_row(task: TaskState, step: StepRun) -> list[Attempt]:
    """Where the events are gone, what the step's row says of this run."""
    begun = step.started_at
    if not begun or (task.started_at and begun < task.started_at):
        return []
    return [Attempt(step.attempts, begun, step.finished_at, step.state)]


def _place(task: TaskState, tracks: list[Track]) -> None:
    attempts = [attempt for track in tracks for attempt in track.attempts]
    if not attempts:
        return
    now = timezone.now()
    begin = min(attempt.started_at for attempt in attempts)
    end = task.finished_at or now
    whole = max((end - begin).total_seconds(), 0.001)
    for attempt in attempts:
        start = (attempt.started_at - begin).total_seconds() / whole * 100
        lasted = ((attempt.finished_at or end) - attempt.started_at).total_seconds() / whole * 100
        attempt.start = round(min(max(start, 0), 100 - NARROWEST), 2)
        attempt.width = round(min(max(lasted, NARROWEST), 100 - attempt.start), 2)
