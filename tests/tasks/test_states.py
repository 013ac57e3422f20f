"""Every list of states follows from the one table of transitions."""

from __future__ import annotations

import pytest

from tasks.states import ACTIVE, FINISHED, RETRYABLE, TRANSITIONS, State, sources_of


def test_every_state_says_where_it_leads() -> None:
    assert set(TRANSITIONS) == set(State)


def test_a_task_is_either_active_or_finished() -> None:
    assert {State.QUEUED, State.RUNNING} == ACTIVE
    assert {State.SUCCESS, State.FAILED, State.CANCELLED} == FINISHED


def test_only_failed_and_cancelled_tasks_can_be_retried() -> None:
    assert {State.FAILED, State.CANCELLED} == RETRYABLE


@pytest.mark.parametrize(
    ("target", "sources"),
    [
        (State.QUEUED, {State.FAILED, State.CANCELLED}),
        (State.RUNNING, {State.QUEUED}),
        (State.SUCCESS, {State.RUNNING}),
        (State.FAILED, {State.QUEUED, State.RUNNING}),
        (State.CANCELLED, {State.QUEUED, State.RUNNING}),
    ],
)
def test_each_state_is_entered_from_those_that_lead_to_it(
    target: State, sources: set[State]
) -> None:
    assert sources_of(target) == sources
