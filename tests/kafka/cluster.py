"""librdkafka's own broker within this process, reached over TCP as any other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, Producer

Json = dict[str, Any]

TOPICS = ("tasks", "task-control", "task-progress", "tasks-dead-letter")


class Cluster:
    """Brokers as the tests use them: to send to a topic, and to read another from its begin."""

    def __init__(self) -> None:
        self._mock = Producer(
            {"bootstrap.servers": "mock", "test.mock.num.brokers": 2, "log_level": 0}
        )
        brokers = self._mock.list_topics(timeout=10).brokers.values()
        self.servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
        self._producer = Producer({"bootstrap.servers": self.servers})
        for topic in TOPICS:
            # To ask for a topic makes it.
            self._producer.list_topics(topic, timeout=10)

    def send(self, topic: str, *values: Any) -> None:
        """Send JSON values, or bytes as they are."""
        for value in values:
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self._producer.produce(topic, data, "key")
        assert self._producer.flush(10) == 0

    @contextmanager
    def reading(self, topic: str) -> Iterator[Reader]:
        consumer = Consumer(
            {
                "bootstrap.servers": self.servers,
                "group.id": uuid4().hex,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe([topic])
        try:
            yield Reader(consumer)
        finally:
            consumer.close()


class Reader:
    """What has come to a topic, in order."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.seen: list[tuple[bytes | None, Json]] = []
        """Keys and values."""

    def until(self, is_enough: Any, seconds: float = 60) -> None:
        """Read until `is_enough()`."""
        deadline = time.monotonic() + seconds
        while not is_enough():
            assert time.monotonic() < deadline, self.seen[-5:]
            for message in self._consumer.consume(500, timeout=0.2):
                if message.error() is None:
                    value = message.value()
                    assert value is not None
                    self.seen.append((_bytes(message.key()), json.loads(value)))


def _bytes(key: Any) -> bytes | None:
    return key.encode() if isinstance(key, str) else key
