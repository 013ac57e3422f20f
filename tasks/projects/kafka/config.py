"""How Kafka is reached, and what the topics are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    """Where the brokers are.

    Attributes:
        servers: as `bootstrap.servers` takes them.
        group: of the consumer, which remembers how far it has read.
        more: further settings of librdkafka, for both the consumer and the producer.
    """

    servers: str
    group: str
    tasks: str
    control: str
    progress: str
    dead_letter: str
    more: dict[str, Any]

    @classmethod
    def from_settings(cls) -> KafkaConfig:
        """What the environment says."""
        return cls(
            servers=settings.KAFKA_BOOTSTRAP_SERVERS,
            group=settings.KAFKA_GROUP_ID,
            tasks=settings.KAFKA_TOPIC_TASKS,
            control=settings.KAFKA_TOPIC_CONTROL,
            progress=settings.KAFKA_TOPIC_PROGRESS,
            dead_letter=settings.KAFKA_TOPIC_DEAD_LETTER,
            more=settings.KAFKA_CONFIG,
        )

    def consumer(self) -> dict[str, Any]:
        """A consumer that says itself how far it is, and begins with what waits already."""
        return {
            # Soon enough, so that a bridge that died is replaced, and that topics are found which
            # were made after its start.
            "session.timeout.ms": 10_000,
            "topic.metadata.refresh.interval.ms": 10_000,
            **self.more,
            "bootstrap.servers": self.servers,
            "group.id": self.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }

    def producer(self) -> dict[str, Any]:
        """A producer whose own repetitions neither double nor reorder messages."""
        return {
            **self.more,
            "bootstrap.servers": self.servers,
            "enable.idempotence": True,
            "linger.ms": 5,
        }
