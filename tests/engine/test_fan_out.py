"""A step that fans out: its batches run on every process, and each is counted once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from celery import current_app

from tests.engine.driver import Engine, Json
from tests.engine.test_lost_messages import broker_url, lose_all_messages
from tests.engine.waiting import eventually
from tests.stack import Stack

pytestmark = pytest.mark.services

PATIENCE = 120
"""Seconds until a test gives up: a worker that was killed has to start again in between."""


class Trace:
    """What the parts of a fan-out step have written down when they were begun."""

    def __init__(self, directory: Path) -> None:
        self._trace, self._file = directory / "trace", directory / "open"
        self.params = {"trace": str(self._trace), "file": str(self._file)}

    def open(self) -> None:
        """Let the chosen batch go on."""
        self._file.touch()

    def begun(self) -> list[tuple[str, int, int]]:
        """Each part that was begun, its attempt and its process."""
        if not self._trace.exists():
            return []
        lines = [line.split() for line in self._trace.read_text().splitlines()]
        return [(part, int(attempt), int(pid)) for part, attempt, pid in lines]

    def counts(self) -> Counter[str]:
        """How often each part was begun."""
        return Counter(part for part, _, _ in self.begun())

    def wait_for(self, part: str, times: int = 1) -> int:
        """Wait until the part was begun so often, and return the process of the last time."""
        eventually(lambda: self.counts()[part] >= times, seconds=PATIENCE)
        return [pid for begun, _, pid in self.begun() if begun == part][times - 1]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path)


def done(engine: Engine, task_id: str) -> list[int]:
    """The items done, as the history tells it."""
    return [
        event["data"]["done"] for event in engine.events(task_id) if event["type"] == "progress"
    ]


def percents(engine: Engine, task_id: str) -> list[float]:
    return [event["percent"] for event in engine.events(task_id)]


def assert_counted_once(engine: Engine, task_id: str, items: int) -> None:
    step = engine.step(task_id, "many")
    assert (step["done"], step["total"], step["state"]) == (items, items, "SUCCESS")
    counts = done(engine, task_id)
    assert all(earlier < later for earlier, later in pairwise(counts))
    assert counts[-1] == items
    assert percents(engine, task_id) == sorted(percents(engine, task_id))
    assert len(engine.step_events(task_id, "many", "RUNNING")) == 1
    assert len(engine.step_events(task_id, "many", "SUCCESS")) == 1


def logged(engine: Engine, task_id: str, level: str) -> list[Json]:
    return [event for event in engine.events(task_id) if event["data"].get("level") == level]


def test_every_item_is_done_and_the_step_ends_once(engine: Engine, trace: Trace) -> None:
    task_id = engine.submit("test-fan-out", items=9, **trace.params)
    task = engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert task["percent"] == 100
    assert_counted_once(engine, task_id, 9)
    once = {"plan", "finish", *(f"batch{first}" for first in range(0, 9, 2))}
    assert trace.counts() == dict.fromkeys(once, 1)
    assert engine.step(task_id, "many")["attempts"] == 1
    assert "9 of 9 items" in {event["message"] for event in engine.events(task_id)}


def test_coroutines_are_planned_and_worked_on_as_functions_are(engine: Engine) -> None:
    task_id = engine.submit("test-fan-out-async", items=5)
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 5)
    items = {event["message"] for event in logged(engine, task_id, "info")}
    assert items == {f"item {number}" for number in range(5)}


def test_nothing_to_do_is_done_at_once(engine: Engine, trace: Trace) -> None:
    task_id = engine.submit("test-fan-out", items=0, **trace.params)
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert trace.counts() == {"plan": 1, "finish": 1}


def test_more_batches_than_messages_at_a_time_are_all_done(engine: Engine, trace: Trace) -> None:
    task_id = engine.submit("test-fan-out", items=140, **trace.params)
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 140)
    assert set(trace.counts().values()) == {1}


def test_both_processes_of_the_worker_take_batches(engine: Engine, trace: Trace) -> None:
    task_id = engine.submit("test-fan-out-gate", items=6, chosen=0, **trace.params)
    held = trace.wait_for("batch0")
    other = trace.wait_for("batch4")
    assert held != other
    assert trace.counts()["finish"] == 0
    trace.open()
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 6)


def test_messages_that_are_delivered_twice_do_nothing_twice(
    engine: Engine, stack: Stack, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-gate", items=10, chosen=0, **trace.params)
    trace.wait_for("batch0")
    with current_app.connection_for_write(url=broker_url(stack)) as broker:
        for name in ("test-fan-out-gate.many.batch", "test-fan-out-gate.many") * 5:
            current_app.send_task(name, args=(task_id, 1), queue="normal", connection=broker)
    trace.wait_for("batch8")
    trace.open()
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 10)
    assert set(trace.counts().values()) == {1}


def test_messages_that_are_lost_are_sent_again(engine: Engine, stack: Stack, trace: Trace) -> None:
    task_id = engine.submit("test-fan-out-gate", items=20, chosen=0, **trace.params)
    trace.wait_for("batch0")
    busy = engine.submit("test-wait")
    engine.wait_for_message(busy, "waiting")
    lose_all_messages(stack)
    engine.cancel(busy)
    trace.open()
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 20)
    assert set(trace.counts().values()) == {1}


def test_a_process_that_is_killed_in_a_batch_loses_and_doubles_nothing(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-gate", items=10, chosen=4, **trace.params)
    os.kill(trace.wait_for("batch4"), signal.SIGKILL)
    trace.wait_for("batch4", times=2)
    trace.open()
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 10)
    counts = trace.counts()
    assert (counts.pop("batch4"), set(counts.values())) == (2, {1})
    (warning,) = logged(engine, task_id, "warning")
    assert warning["message"] == (
        "The worker stopped in the middle of batch 3 of many; another one goes on."
    )
    assert warning["data"]["deaths"] == 1
    assert engine.step(task_id, "many")["attempts"] == 1


def test_a_worker_that_is_killed_in_a_batch_loses_and_doubles_nothing(
    engine: Engine, stack: Stack, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-gate", items=10, chosen=4, **trace.params)
    trace.wait_for("batch4")
    killed = stack.pid("worker")
    stack.kill("worker")
    trace.wait_for("batch4", times=2)
    trace.open()
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 10)
    assert engine.step(task_id, "many")["attempts"] == 1
    stack.wait_for_restart("worker", of=killed)


def test_a_process_that_is_told_to_stop_hands_its_batch_back_and_that_is_no_death(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-gate", items=4, chosen=2, **trace.params)
    for time in range(1, 5):
        os.kill(trace.wait_for("batch2", time), signal.SIGTERM)
    trace.open()
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 4)
    assert {attempt for part, attempt, _ in trace.begun() if part == "batch2"} == {1}
    assert logged(engine, task_id, "warning") == []


def test_a_batch_that_always_kills_its_worker_ends_the_task_after_three_times(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-deadly", items=6, chosen=3, deaths=99, **trace.params)
    task = engine.wait_for(task_id, "FAILED", seconds=PATIENCE)
    assert task["error_code"] == "worker_lost"
    assert task["error_message"].startswith("Batch 2 of the step many ended its worker 3 times.")
    assert trace.counts()["batch2"] == 3
    assert engine.step(task_id, "many")["state"] == "FAILED"


def test_a_batch_that_fails_for_now_is_tried_again_and_says_so(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-flaky", items=6, chosen=3, failures=2, **trace.params)
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert_counted_once(engine, task_id, 6)
    assert trace.counts() == {"plan": 1, "batch0": 1, "batch2": 3, "batch4": 1, "finish": 1}
    told = [event["data"] for event in logged(engine, task_id, "warning")]
    assert [(data["batch"], data["attempt"], data["reason"]) for data in told] == [
        (2, 1, "Attempt 1 did not work."),
        (2, 2, "Attempt 2 did not work."),
    ]
    assert all(0 <= data["delay"] <= 0.2 for data in told)
    assert engine.step(task_id, "many")["attempts"] == 1


def test_after_its_last_attempt_the_task_fails(engine: Engine, trace: Trace) -> None:
    task_id = engine.submit("test-fan-out-flaky", items=6, chosen=3, failures=9, **trace.params)
    task = engine.wait_for(task_id, "FAILED", seconds=PATIENCE)
    assert (task["error_code"], task["error_message"]) == (
        "temporarily_failed",
        "Attempt 3 did not work.",
    )
    assert trace.counts()["batch2"] == 3


def test_finishing_that_fails_for_now_is_tried_again_without_the_batches(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-flaky-finish", items=4, failures=1, **trace.params)
    engine.wait_for(task_id, "SUCCESS", seconds=PATIENCE)
    assert trace.counts() == {"plan": 1, "batch0": 1, "batch2": 1, "finish": 2}
    assert engine.step(task_id, "many")["attempts"] == 2


def test_a_retry_of_the_task_does_only_the_batches_that_are_left(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-hopeless", items=20, chosen=7, **trace.params)
    task = engine.wait_for(task_id, "FAILED", seconds=PATIENCE)
    assert (task["error_code"], engine.step(task_id, "many")["state"]) == ("hopeless", "FAILED")
    before = engine.step(task_id, "many")["done"]
    trace.open()
    engine.retry(task_id)
    task = engine.wait_for_end(task_id, seconds=PATIENCE)
    assert (task["state"], task["percent"]) == ("SUCCESS", 100)
    assert engine.step(task_id, "many")["done"] == 20
    restarted = [event for event in engine.events(task_id) if "retried" in event["message"]]
    assert restarted[0]["percent"] == 20 + 60 * before / 20
    counts = trace.counts()
    assert (counts["plan"], counts["batch6"], counts["finish"]) == (1, 2, 1)
    # What was in hand when the task failed may have been begun twice; what was done, never.
    assert sum(counts.values()) <= 2 + 10 + 2


def test_a_cancel_ends_the_task_at_once_and_its_batches_within_about_a_second(
    engine: Engine, trace: Trace
) -> None:
    task_id = engine.submit("test-fan-out-gate", items=40, chosen=0, **trace.params)
    trace.wait_for("batch38")
    answer = engine.cancel(task_id)
    assert answer["state"] == "CANCELLED"
    assert engine.step(task_id, "many")["state"] == "CANCELLED"
    busy = [engine.submit("test-wait") for _ in range(2)]
    for waiting in busy:
        engine.wait_for_message(waiting, "waiting")
    assert engine.events(task_id)[-1]["state"] == "CANCELLED"


def test_a_batch_that_takes_too_long_ends_the_task_with_the_name_of_the_step(
    engine: Engine,
) -> None:
    task_id = engine.submit("test-fan-out-limit", items=2, chosen=0)
    task = engine.wait_for(task_id, "FAILED", seconds=PATIENCE)
    assert task["error_code"] == "time_limit"
    assert task["error_message"].startswith("The step many ran longer than its limit of 1 s")


def test_a_step_whose_batches_together_take_too_long_ends_the_task(engine: Engine) -> None:
    task_id = engine.submit("test-fan-out-slow", items=40, pause=0.5)
    task = engine.wait_for(task_id, "FAILED", seconds=PATIENCE)
    assert task["error_code"] == "time_limit"
    assert task["error_message"].startswith(
        "The step many ran longer than its limit of 3 s, all its batches together."
    )


def test_progress_within_a_batch_is_refused_with_a_sentence(engine: Engine, stack: Stack) -> None:
    task_id = engine.submit("test-fan-out-report", items=2)
    engine.wait_for(task_id, "FAILED", seconds=PATIENCE)
    eventually(lambda: "The step many fans out, so the engine counts its items" in stack.output())
