"""The bridge between Kafka and the engine: real brokers' protocol, real processes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings

from tests.engine.waiting import eventually
from tests.kafka.cluster import Cluster, Json, Reader
from tests.stack import Stack

PROGRAM = """
import sys, time
for number in range(1, 4):
    print(f"Processing row {number}/3")
if "wait" in sys.argv[-1]:
    time.sleep(600)
"""
MAKE = (
    "from tasks.projects.models import Project; Project(name={name!r}, command={command!r}).save()"
)
KILLS = 3
TASKS = 18


class Bridge:
    """`manage.py kafka_bridge` as a process that can be killed."""

    def __init__(self, stack: Stack, cluster: Cluster, log: Path) -> None:
        self._environment = {
            **os.environ,
            **stack.environment,
            "KAFKA_BOOTSTRAP_SERVERS": cluster.servers,
            # How soon a killed consumer is replaced. The brokers take three seconds to let one in.
            "KAFKA_CONFIG": '{"session.timeout.ms": 4000, "heartbeat.interval.ms": 300}',
        }
        self._owner = stack.username
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "kafka_bridge", "--owner", self._owner],
                cwd=settings.BASE_DIR,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end: its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture(scope="module")
def project(stack: Stack) -> str:
    name = f"kafka-{uuid4().hex[:8]}"
    command = [sys.executable, "-c", PROGRAM]
    stack.manage("shell", "--verbosity=0", f"--command={MAKE.format(name=name, command=command)}")
    return name


@pytest.fixture(scope="module")
def bridge(
    stack: Stack, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bridge]:
    bridge = Bridge(stack, cluster, tmp_path_factory.mktemp("bridge") / "log")
    yield bridge
    assert bridge.stop() == 0


@pytest.fixture(scope="module")
def progress(cluster: Cluster) -> Iterator[Reader]:
    with cluster.reading("task-progress") as reader:
        yield reader


@pytest.fixture(scope="module")
def letters(cluster: Cluster) -> Iterator[Reader]:
    with cluster.reading("tasks-dead-letter") as reader:
        yield reader


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        yield client


def order(project: str, input: str = "work", **changes: Any) -> Json:
    """A message that brings a task."""
    asked = {"project": project, "type": "agent", "command": "run", "params": {"input": input}}
    return {"task_id": str(uuid4()), **asked, **changes}


def updates(progress: Reader, task_id: str) -> list[Json]:
    """What came of a task, each event once and in its order."""
    came = [value["update"] for _, value in progress.seen if value["task_id"] == task_id]
    last, once = 0, []
    for update in came:
        # After a crash the last events may come again, from some place on and in order.
        assert update["seq"] <= last + 1, "an event is missing"
        if update["seq"] > last:
            once.append(update)
            last = update["seq"]
    return once


def states(progress: Reader, task_id: str) -> list[str]:
    return [update["state"] for update in updates(progress, task_id) if update["type"] == "state"]


def ended(progress: Reader, task_id: str) -> bool:
    return bool(set(states(progress, task_id)) & {"SUCCESS", "FAILED", "CANCELLED"})


def tasks_of(client: httpx.Client, project: str) -> list[Json]:
    answer = client.get("/tasks", params={"workflow": "agent", "limit": 200}).json()
    return [task for task in answer["results"] if project in task["subject"]]


def test_a_task_runs_and_every_event_of_it_comes_back_under_its_key(
    bridge: Bridge, cluster: Cluster, progress: Reader, project: str
) -> None:
    message = order(project)
    cluster.send("tasks", message)
    progress.until(lambda: ended(progress, message["task_id"]))
    came = updates(progress, message["task_id"])
    assert [update["seq"] for update in came] == list(range(1, len(came) + 1))
    assert states(progress, message["task_id"]) == ["QUEUED", "RUNNING", "SUCCESS"]
    lines = [update["message"] for update in came]
    assert [line for line in lines if line.startswith("Processing")][-1] == "Processing row 3/3"
    keys = {key for key, value in progress.seen if value["task_id"] == message["task_id"]}
    assert keys == {message["task_id"].encode()}


def test_the_same_task_twice_is_one_task(
    bridge: Bridge, cluster: Cluster, progress: Reader, project: str, client: httpx.Client
) -> None:
    before = len(tasks_of(client, project))
    message, last = order(project), order(project)
    cluster.send("tasks", message, message, last)
    progress.until(lambda: ended(progress, last["task_id"]) and ended(progress, message["task_id"]))
    assert len(tasks_of(client, project)) == before + 2


def test_stop_ends_a_task_that_runs(
    bridge: Bridge, cluster: Cluster, progress: Reader, project: str
) -> None:
    message = order(project, "wait")
    cluster.send("tasks", message)
    progress.until(
        lambda: any(
            update["message"] == "Processing row 3/3"
            for update in updates(progress, message["task_id"])
        )
    )
    cluster.send("task-control", {"task_id": message["task_id"], "signal": "STOP"})
    progress.until(lambda: ended(progress, message["task_id"]))
    assert states(progress, message["task_id"])[-1] == "CANCELLED"


def test_a_stop_that_comes_before_its_task_is_not_lost(
    bridge: Bridge, cluster: Cluster, progress: Reader, letters: Reader, project: str
) -> None:
    message, marker = order(project, "wait"), {"task_id": uuid4().hex, "signal": "GO"}
    cluster.send("task-control", {"task_id": message["task_id"], "signal": "STOP"}, marker)
    # When the one behind it has come back, the STOP was taken.
    letters.until(lambda: any(marker["task_id"] in value["message"] for _, value in letters.seen))
    cluster.send("tasks", message)
    progress.until(lambda: ended(progress, message["task_id"]))
    assert states(progress, message["task_id"])[-1] == "CANCELLED"


@pytest.mark.parametrize(
    ("topic", "value", "reason"),
    [
        ("tasks", b"{not json", "The message is no JSON."),
        ("tasks", [1], "The message is no JSON object."),
        ("tasks", {"project": "x"}, "task_id is no text of 1 to 200 characters."),
        ("tasks", {"task_id": "a", "type": "agent"}, "project is missing, or no text."),
        ("tasks", {"task_id": "b", "hurry": 1}, "Unknown fields: hurry."),
        ("task-control", {"task_id": "c", "signal": "PAUSE"}, "The signal 'PAUSE' is not known."),
    ],
    ids=["no JSON", "no object", "no id", "no project", "unknown field", "unknown signal"],
)
def test_what_cannot_be_understood_is_put_aside_with_the_reason(
    bridge: Bridge, cluster: Cluster, letters: Reader, topic: str, value: Any, reason: str
) -> None:
    before = len(letters.seen)
    cluster.send(topic, value)
    letters.until(lambda: len(letters.seen) > before)
    (_, letter) = letters.seen[before]
    assert (letter["topic"], letter["reason"].startswith(reason)) == (topic, True), letter
    assert set(letter) == {"reason", "topic", "partition", "offset", "message"}


def test_parameters_that_are_refused_are_named_in_the_reason(
    bridge: Bridge, cluster: Cluster, letters: Reader, project: str
) -> None:
    before = len(letters.seen)
    cluster.send("tasks", order(project, params={"input": "x", "parallel_workers": 1000}))
    letters.until(lambda: len(letters.seen) > before)
    assert "params.parallel_workers" in letters.seen[before][1]["reason"]


def test_a_bridge_that_is_killed_at_any_time_loses_and_doubles_nothing(
    bridge: Bridge, cluster: Cluster, progress: Reader, project: str, client: httpx.Client
) -> None:
    dice = random.Random(20_26)
    before = len(tasks_of(client, project))
    messages = [order(project) for _ in range(TASKS)]
    ids = [message["task_id"] for message in messages]
    for kill in range(1, KILLS + 1):
        share = TASKS * kill // KILLS
        cluster.send("tasks", *messages[TASKS * (kill - 1) // KILLS : share])
        moved = len(progress.seen) + dice.randrange(1, 40)
        progress.until(lambda moved=moved: len(progress.seen) >= moved)
        bridge.kill()
        bridge.start()
    progress.until(lambda: all(ended(progress, task_id) for task_id in ids), seconds=120)
    assert {states(progress, task_id)[-1] for task_id in ids} == {"SUCCESS"}
    assert len(tasks_of(client, project)) == before + TASKS


def test_a_task_that_is_retried_is_told_of_again(
    bridge: Bridge, cluster: Cluster, progress: Reader, project: str, client: httpx.Client
) -> None:
    message = order(project, "wait")
    cluster.send("tasks", message)
    progress.until(lambda: "RUNNING" in states(progress, message["task_id"]))
    cluster.send("task-control", {"task_id": message["task_id"], "signal": "STOP"})
    progress.until(lambda: ended(progress, message["task_id"]))
    (task,) = [task for task in tasks_of(client, project) if task["state"] == "CANCELLED"][:1]
    assert client.post(f"/tasks/{task['task_id']}/retry", json={}).status_code == 202
    progress.until(lambda: states(progress, message["task_id"])[-1] == "RUNNING")
    eventually(lambda: client.delete(f"/tasks/{task['task_id']}").status_code == 202)
    progress.until(lambda: states(progress, message["task_id"])[-1] == "CANCELLED")
