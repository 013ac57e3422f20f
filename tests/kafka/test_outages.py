"""What the bridge does when brokers refuse or lose messages; without brokers, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError
from django.contrib.auth.models import Permission, User

from tasks import lifecycle
from tasks.models import TaskState
from tasks.projects.kafka import bridge as bridges
from tasks.projects.kafka import progress
from tasks.projects.kafka.bridge import Bridge
from tasks.projects.kafka.config import KafkaConfig
from tasks.projects.kafka.progress import Sender, send_news, unsettle_retried
from tasks.projects.models import KafkaTask, Project
from tests.projects.conftest import project
from tests.tasks.engine import STEPS, finished, submitted

__all__ = ["project"]

pytestmark = pytest.mark.django_db

LARGEST = 1_000_000
"""Bytes of a message, as brokers have it."""
CONFIG = KafkaConfig("", "group", "tasks", "task-control", "task-progress", "letters", {})


class Message:
    """A message of `tasks`."""

    def __init__(self, value: bytes, key: bytes = b"key") -> None:
        self._value, self._key = value, key

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return "tasks"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 7

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes:
        return self._value


class Producer:
    """Messages arrive at `flush`, unless the brokers are away that often."""

    def __init__(self, outages: int = 0) -> None:
        self.arrived: list[tuple[str, Any]] = []
        self._waiting: list[tuple[str, bytes, Callable[[Any, Any], None]]] = []
        self._outages = outages

    def produce(self, topic: str, value: bytes, key: Any, on_delivery: Any) -> None:
        assert len(value) + len(key or b"") < LARGEST
        self._waiting.append((topic, value, on_delivery))

    def poll(self, timeout: float) -> None:
        """Nothing has come back yet."""

    def flush(self, timeout: float) -> int:
        is_away, self._outages = self._outages > 0, max(self._outages - 1, 0)
        for topic, value, on_delivery in self._waiting:
            if not is_away:
                self.arrived.append((topic, json.loads(value)))
            on_delivery(KafkaError(KafkaError._MSG_TIMED_OUT) if is_away else None, None)
        self._waiting.clear()
        return 0


class Consumer:
    """Gives each batch once, then stops the bridge."""

    def __init__(self, *batches: list[Message]) -> None:
        self.batches = list(batches)
        self.bridge: Bridge | None = None
        self.commits = 0

    def subscribe(self, topics: list[str]) -> None:
        """To all that is there."""

    def consume(self, most: int, timeout: float) -> list[Message]:
        if self.batches:
            return self.batches.pop(0)
        assert self.bridge
        self.bridge.stop()
        return []

    def commit(self, asynchronous: bool) -> None:
        self.commits += 1

    def close(self) -> None:
        """Nothing is left open."""


Bridged = Callable[..., tuple[Producer, Consumer]]


@pytest.fixture
def bridged(monkeypatch: pytest.MonkeyPatch, user: User) -> Bridged:
    """Lets a bridge take batches of messages."""
    monkeypatch.setattr(bridges, "PAUSE", 0)
    # It would take the test's transaction along.
    monkeypatch.setattr("tasks.connections.discard", lambda: None)

    def run(*batches: list[Message], outages: int = 0) -> tuple[Producer, Consumer]:
        producer, consumer = Producer(outages), Consumer(*batches)
        monkeypatch.setattr(bridges, "Consumer", lambda config: consumer)
        monkeypatch.setattr(bridges, "Producer", lambda config: producer)
        consumer.bridge = Bridge(CONFIG, user)
        consumer.bridge.run()
        return producer, consumer

    return run


def test_a_letter_that_does_not_arrive_is_sent_again_before_its_message_is_taken(
    bridged: Bridged,
) -> None:
    producer, consumer = bridged([Message(b"{no json")], outages=2)
    ((topic, letter),) = producer.arrived
    assert (topic, letter["reason"]) == ("letters", "The message is no JSON.")
    assert consumer.commits == 1


@pytest.mark.parametrize(
    "message",
    [
        Message(b"\x01" * 900_000),
        Message(json.dumps({"task_id": "a", "x" * 900_000: 1}).encode()),
        Message(b"{", key=b"k" * 999_990),
        Message(json.dumps({"task_id": "a", "\ud800": 1}).encode()),
    ],
    ids=["a long message", "a long reason", "a long key", "half a character in the reason"],
)
def test_no_message_is_too_odd_to_be_put_aside(bridged: Bridged, message: Message) -> None:
    producer, consumer = bridged([message])
    assert [topic for topic, _ in producer.arrived] == ["letters"]
    assert consumer.commits == 1


def test_rights_that_the_owner_has_lost_are_gone_at_once(
    bridged: Bridged, user: User, project: Project
) -> None:
    project.members.clear()
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="run_project"))
    assert user.has_perm("projects.run_project")
    user.user_permissions.clear()
    asked = {"project": "shop", "type": "agent", "command": "run", "params": {"input": "Hello"}}
    producer, _ = bridged([Message(json.dumps({"task_id": "a", **asked}).encode())])
    ((topic, letter),) = producer.arrived
    assert (topic, "You may not start tasks in the project" in letter["reason"]) == (
        "letters",
        True,
    )


def test_messages_are_taken_while_there_is_always_news(
    bridged: Bridged, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = of_kafka(user)
    send = Sender.send

    def send_and_log(sender: Sender, topic: str, key: Any, value: Any) -> None:
        send(sender, topic, key, value)
        # As of many tasks that run, more has come of it each time.
        assert not KafkaTask.objects.filter(task=task, sent_seq__gt=50).exists(), "it never ends"
        TaskState.objects.filter(pk=task.pk).update(last_seq=value["update"]["seq"] + 1)
        event = task.events.get(seq=value["update"]["seq"])
        event.pk, event.seq = None, event.seq + 1
        event.save(force_insert=True)

    monkeypatch.setattr(Sender, "send", send_and_log)
    _, consumer = bridged([], [])
    assert consumer.batches == []


def test_many_tasks_have_their_turns(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "TASKS_AT_ONCE", 2)
    tasks = [of_kafka(user) for _ in range(3)]
    producer = Producer()
    place, is_all = send_news(sender(producer), "news")
    KafkaTask.objects.update(sent_seq=0)
    assert (place > 0, is_all) == (True, False)
    assert send_news(sender(producer), "news", place) == (0, True)
    told = [value["task_id"] for _, value in producer.arrived]
    assert told == [str(task.pk) for task in tasks]


@pytest.mark.parametrize("is_new_bridge", [True, False])
def test_what_was_retried_and_has_ended_before_anybody_looked_is_told_of(
    user: User, is_new_bridge: bool
) -> None:
    task = of_kafka(user)
    lifecycle.cancel(task.pk, "test")
    producer = Producer()
    send_news(sender(producer), "news")
    assert KafkaTask.objects.get(task=task).is_settled
    lifecycle.retry(task.pk, "test")
    ended = finished(task, *STEPS)
    unsettle_retried(None if is_new_bridge else ended.finished_at)
    send_news(sender(producer), "news")
    states = [v["update"]["state"] for _, v in producer.arrived if v["update"]["type"] == "state"]
    assert (states[-1], KafkaTask.objects.get(task=task).sent_seq) == ("SUCCESS", ended.last_seq)


def sender(producer: Producer) -> Sender:
    return Sender(cast(Any, producer))


def of_kafka(user: User) -> TaskState:
    """A task that has come over Kafka."""
    task = submitted(user)
    KafkaTask.objects.create(key=str(task.pk), task=task)
    return task
