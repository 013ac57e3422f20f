"""A task on a real worker, from its first event to its last."""

from __future__ import annotations

import json

import pytest

from tests.engine.driver import Engine, seconds_between
from tests.engine.waiting import eventually
from tests.stack import Stack
from tests.workflows.declared import SEVEN

pytestmark = pytest.mark.services

STEPS = [f"s{number}" for number in range(1, 8)]


def test_seven_steps_run_in_their_order_to_100_percent(engine: Engine) -> None:
    task_id = engine.submit("test-seven")
    task = engine.wait_for(task_id, "SUCCESS")
    assert (task["percent"], task["run"], task["error_message"]) == (100, 1, "")
    assert [(step["name"], step["weight"]) for step in task["steps"]] == list(
        zip(STEPS, SEVEN, strict=True)
    )
    assert {(step["state"], step["attempts"]) for step in task["steps"]} == {("SUCCESS", 1)}
    ends = [event for event in engine.events(task_id) if event["data"].get("step_state")]
    assert [(event["step"], event["data"]["step_state"]) for event in ends] == [
        (step, state) for step in STEPS for state in ("RUNNING", "SUCCESS")
    ]


def test_each_step_sees_what_those_before_it_returned(engine: Engine) -> None:
    task = engine.wait_for(engine.submit("test-seven"), "SUCCESS")
    assert task["result"] == {"step": "s7", "saw": STEPS[:-1]}


def test_each_step_stands_by_its_own_name_in_the_table_of_celery_results(
    engine: Engine, stack: Stack
) -> None:
    task_id = engine.submit("test-seven")
    engine.wait_for(task_id, "SUCCESS")

    def results() -> list[tuple[str, str]]:
        rows = json.loads(stack.manage("dumpdata", "django_celery_results.taskresult"))
        return sorted(
            (row["fields"]["task_name"], row["fields"]["status"])
            for row in rows
            if task_id in row["fields"]["task_args"]
        )

    wanted = [(f"test-seven.{step}", "SUCCESS") for step in STEPS]
    # The last result is written after the task is done.
    eventually(lambda: results() == wanted)


def test_the_bar_moves_live_page_by_page(engine: Engine) -> None:
    task_id = engine.submit("test-count", units=10, pause=0.15)
    for percent in (20, 40, 60):
        engine.wait_for_percent(task_id, percent)
        assert engine.task(task_id)["state"] == "RUNNING"
    engine.wait_for(task_id, "SUCCESS")
    progress = [event for event in engine.events(task_id) if event["type"] == "progress"]
    assert [(event["percent"], event["message"]) for event in progress] == [
        (10 + 80 * done / 10, f"{done} of 10 units done") for done in range(1, 11)
    ]


def test_the_bar_never_falls_and_is_full_at_the_end_only(engine: Engine) -> None:
    task_id = engine.submit("test-count", units=500)
    engine.wait_for(task_id, "SUCCESS")
    percents = [event["percent"] for event in engine.events(task_id)]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert percents.count(100) == 1


def test_a_free_worker_begins_at_once_without_waiting_for_the_sweep(engine: Engine) -> None:
    task_id = engine.submit("test-seven")
    engine.wait_for(task_id, "SUCCESS")
    submitted, begun = engine.events(task_id)[:2]
    assert begun["message"] == "A worker has begun."
    assert seconds_between(submitted, begun) < 2
