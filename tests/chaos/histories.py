"""What must hold of one task's history and rows, whatever has struck while it ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from tasks.states import FINISHED, TRANSITIONS, State
from tests.chaos.database import Row
from tests.chaos.ledger import Ledger
from tests.chaos.plans import BUILD, Plan

HIGHEST_UNFINISHED = 99.99
UNDONE = {BUILD: frozenset({"create", "upload", "finalize"})}
"""Steps whose effects outside a cancel undoes."""


def faults_of(plan: Plan, task_id: str, ledger: Ledger) -> Iterator[str]:
    """Everything that is wrong with the task, in sentences."""
    task, events, steps = ledger.tasks[task_id], ledger.events[task_id], ledger.steps[task_id]
    yield from _ending(plan, task)
    yield from _sequence(task, events)
    for run in runs(events):
        yield from _bar(run)
    yield from _states(events)
    yield from _steps(task, _lasting_ends(plan, events), steps)
    if task["percent"] != _formula(task, steps):
        yield f"it stands at {task['percent']} %, its steps say {_formula(task, steps)} %"


def runs(events: Sequence[Row]) -> list[list[Row]]:
    """The history, cut where each retry of a user begins."""
    cut: list[list[Row]] = [[]]
    for event in events:
        if is_queued(event) and cut[-1]:
            cut.append([])
        cut[-1].append(event)
    return cut


def is_queued(event: Row) -> bool:
    """Whether the task was submitted or retried with this event."""
    return event["type"] == "state" and event["state"] == State.QUEUED


def _ending(plan: Plan, task: Row) -> Iterator[str]:
    if task["state"] not in plan.legal_ends:
        yield f"it ended as {task['state']} {task['error_code']}: {task['error_message']}"
    if task["state"] == State.FAILED and task["error_code"] != plan.error_code:
        yield f"it failed for {task['error_code']!r}: {task['error_message']}"
    if task["lease_holder"] or task["next_dispatch_at"] or not task["finished_at"]:
        yield f"it is still held by {task['lease_holder']!r} or due"


def _sequence(task: Row, events: Sequence[Row]) -> Iterator[str]:
    seqs = [event["seq"] for event in events]
    if seqs != list(range(1, task["last_seq"] + 1)):
        yield f"its history is {seqs}, its last seq {task['last_seq']}"


def _bar(run: Sequence[Row]) -> Iterator[str]:
    for before, after in pairwise(run):
        if after["percent"] < before["percent"]:
            yield f"#{after['seq']} fell from {before['percent']} to {after['percent']} %"
    for event in run:
        if (event["percent"] == 100) != (event["state"] == State.SUCCESS):
            yield f"#{event['seq']} is {event['state']} at {event['percent']} %"


def _states(events: Sequence[Row]) -> Iterator[str]:
    states = [State(event["state"]) for event in events]
    for (before, after), event in zip(pairwise(states), events[1:], strict=True):
        if after != before and after not in TRANSITIONS[before]:
            yield f"#{event['seq']} went from {before} to {after}"
        if after == before and after in FINISHED:
            yield f"#{event['seq']} came after the end"


def _lasting_ends(plan: Plan, events: Sequence[Row]) -> list[Row]:
    """The events of finished steps, but for those that a cancel undid and a retry repeats."""
    *earlier, last = runs(events)
    undone = UNDONE.get(plan.workflow, frozenset())
    kept = [
        event
        for run in earlier
        for event in run
        if event["step"] not in undone or run[-1]["state"] != State.CANCELLED
    ]
    return [event for event in [*kept, *last] if event["data"].get("step_state") == "SUCCESS"]


def _steps(task: Row, ends: Sequence[Row], steps: Sequence[Row]) -> Iterator[str]:
    for name, times in Counter(event["step"] for event in ends).items():
        if times > 1:
            yield f"{name} finished {times} times"
    finished = {step["name"] for step in steps if step["state"] == "SUCCESS"}
    if finished != {event["step"] for event in ends}:
        yield f"the rows say that {finished} finished, the history says otherwise"
    if task["state"] == State.SUCCESS and len(finished) != len(steps):
        yield "it succeeded before all its steps"
    for event in ends:
        whole = _weight_up_to(event["step"], steps)
        if event["percent"] != (whole if whole < 100 else HIGHEST_UNFINISHED):
            yield f"{event['step']} ended at {event['percent']} %, its weights say {whole} %"


def _weight_up_to(name: str, steps: Sequence[Row]) -> int:
    position = next(step["position"] for step in steps if step["name"] == name)
    return sum(step["weight"] for step in steps if step["position"] <= position)


def _formula(task: Row, steps: Sequence[Row]) -> float:
    """Finished weights, and the share of the step in hand; written anew, not the engine's own."""
    if task["state"] == State.SUCCESS:
        return 100
    percent = Fraction(0)
    for step in steps:
        if step["state"] == "SUCCESS":
            percent += step["weight"]
        elif step["total"]:
            percent += step["weight"] * Fraction(min(step["done"], step["total"]), step["total"])
    return min(int(100 * percent) / 100, HIGHEST_UNFINISHED)
