"""Servers that go away for seconds: nothing is lost, nothing is done twice, and work goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest

from tests.api.answers import ERROR_TYPES
from tests.engine.driver import Engine, Json
from tests.engine.outages import Breakable
from tests.engine.waiting import eventually

pytestmark = pytest.mark.services

SECONDS = 3.0
"""How long an outage lasts: longer than any client's own patience with a broken connection."""


@pytest.fixture(scope="module")
def client(breakable: Breakable) -> Iterator[httpx.Client]:
    with breakable.stack.client() as client:
        yield client


def finished_exactly(engine: Engine, task_id: str) -> Json:
    """The task, once it is SUCCESS: each step finished once, and the bar never fell."""
    task = engine.wait_for(task_id, "SUCCESS", seconds=60)
    for step in task["steps"]:
        assert len(engine.step_events(task_id, step["name"], "SUCCESS")) == 1
    percents = [event["percent"] for event in engine.events(task_id)]
    assert all(before <= after for before, after in pairwise(percents))
    return task


def begun(engine: Engine, units: int) -> str:
    """A task that is in the middle of its counting step of so many units."""
    task_id = engine.submit("test-count", units=units, pause=0.05)
    engine.wait_for_percent(task_id, 12)
    return task_id


def test_a_task_submitted_without_a_broker_is_accepted_and_runs_when_it_is_back(
    engine: Engine, breakable: Breakable
) -> None:
    with breakable.without_broker():
        task_id = engine.submit("test-seven")
        if breakable.proxies:
            # A frozen Valkey refuses nothing: it takes the message when it goes on.
            given_up = f"Task {task_id} waits: the broker does not answer."
            eventually(lambda: given_up in breakable.stack.output(), seconds=60)
        assert engine.task(task_id)["state"] == "QUEUED"
    finished_exactly(engine, task_id)


def test_steps_go_on_while_the_broker_is_away_and_the_next_ones_when_it_is_back(
    engine: Engine, breakable: Breakable
) -> None:
    tasks = [begun(engine, units=40) for _ in range(2)]
    with breakable.without_broker():
        for task_id in tasks:
            engine.wait_for_step(task_id, "count", "SUCCESS", seconds=60)
        time.sleep(SECONDS)
    for task_id in tasks:
        task = finished_exactly(engine, task_id)
        assert {step["attempts"] for step in task["steps"]} == {1}


def test_tasks_run_without_the_channel_layer_and_the_cache(
    engine: Engine, breakable: Breakable
) -> None:
    with breakable.without_redis():
        task_id = engine.submit("test-seven")
        if "CELERY_BROKER_URL" in breakable.proxies:
            engine.wait_for(task_id, "SUCCESS", seconds=30)
    finished_exactly(engine, task_id)


def test_a_step_waits_for_its_database_and_goes_on(engine: Engine, breakable: Breakable) -> None:
    task_id = begun(engine, units=30)
    with breakable.without_database():
        time.sleep(SECONDS)
    task = finished_exactly(engine, task_id)
    assert not [e for e in engine.events(task_id) if "stopped in the middle" in e["message"]]
    assert task["result"] == {"step": "after", "saw": ["before", "count"]}


def test_messages_that_find_no_database_are_not_lost(engine: Engine, breakable: Breakable) -> None:
    waiting = [engine.submit("test-seven") for _ in range(6)]
    with breakable.without_database():
        time.sleep(SECONDS)
    for task_id in waiting:
        finished_exactly(engine, task_id)


def test_the_api_says_when_to_ask_again_while_the_database_is_away(
    engine: Engine, breakable: Breakable, client: httpx.Client
) -> None:
    if not breakable.has_server:
        pytest.skip("a locked SQLite file lets readers pass; see tests/api/test_outage.py")
    with breakable.without_database():
        answers = [
            client.post("/tasks", json={"workflow": "test-seven", "params": {}}),
            client.get("/tasks"),
            client.get("/metrics"),
        ]
        alive = client.get("/healthz")
    for answer in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text
        assert answer.json()["type"] in ERROR_TYPES
        assert answer.json()["errors"][0]["code"] == "unavailable"
    assert alive.status_code == 200
    finished_exactly(engine, engine.submit("test-seven"))


def test_the_stack_is_ready_again_after_all_that(
    breakable: Breakable, client: httpx.Client
) -> None:
    def ready() -> bool:
        return client.get("/readyz").status_code == 200

    eventually(ready, seconds=60)
