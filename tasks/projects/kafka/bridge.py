"""The bridge: one loop that takes what has come, and sends what has happened."""

from __future__ import annotations

import logging
import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer
from django.db import InterfaceError, OperationalError

from tasks import connections
from tasks.projects.kafka.config import KafkaConfig
from tasks.projects.kafka.intake import Malformed, take_control, take_task
from tasks.projects.kafka.progress import Sender, forget_strays, send_news, unsettle_retried

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Messages that are taken before what has happened is sent."""
WAIT = 0.1
"""Seconds that the loop waits for a message: as long an event may wait to be sent."""
PAUSE = 1.0
"""Seconds before it tries again what the database or Kafka has refused."""
RETRIED = 2.0
"""Seconds between two looks for tasks that were retried, and for what can be forgotten."""


class Bridge:
    """Joins the topics to the engine until `stop`.

    Args:
        owner: the user whose tasks they are.
    """

    def __init__(self, config: KafkaConfig, owner: Any) -> None:
        self._config, self._owner = config, owner
        self._handlers = {config.tasks: take_task, config.control: take_control}
        self._consumer = Consumer(config.consumer())
        self._sender = Sender(Producer(config.producer()))
        self._is_stopping = False
        self._looked_at = 0.0

    def stop(self) -> None:
        """End after what is in hand."""
        self._is_stopping = True

    def run(self) -> None:
        """Take and send until `stop`. Neither the database's nor Kafka's outages end it."""
        self._consumer.subscribe([self._config.tasks, self._config.control])
        try:
            while not self._is_stopping:
                self._take(self._consumer.consume(AT_ONCE, timeout=WAIT))
                self._repeatedly(self._send)
        finally:
            # What was not committed is delivered again, and does nothing twice.
            self._consumer.close()

    def _take(self, messages: list[Message]) -> None:
        """Do what the messages ask for; only then are they taken."""
        arrived = [message for message in messages if not message.error()]
        for message in messages:
            if message.error():
                logger.warning("Kafka: %s", message.error())
        for message in arrived:
            self._repeatedly(lambda message=message: self._handle(message))
        if not arrived or self._is_stopping:
            return
        self._repeatedly(self._sender.confirm)
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            logger.warning("The offsets are not committed, so messages come again: %s", error)

    def _handle(self, message: Message) -> None:
        try:
            self._handlers[message.topic() or ""](_bytes(message.value()), self._owner)
        except (OperationalError, InterfaceError):
            raise
        except Malformed as error:
            self._put_aside(message, str(error))
        except Exception as error:
            # Or it would come again and again, and nothing after it.
            logger.exception("A message of %s met an unexpected error", message.topic())
            self._put_aside(message, f"It met an unexpected {type(error).__name__}.")

    def _put_aside(self, message: Message, reason: str) -> None:
        letters = self._config.dead_letter
        logger.warning("A message of %s goes to %s: %s", message.topic(), letters, reason)
        self._sender.send(
            letters,
            message.key(),
            {
                "reason": reason,
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
                "message": (_bytes(message.value()) or b"").decode(errors="replace"),
            },
        )

    def _send(self) -> None:
        if time.monotonic() - self._looked_at > RETRIED:
            unsettle_retried()
            forget_strays()
            self._looked_at = time.monotonic()
        while send_news(self._sender, self._config.progress) and not self._is_stopping:
            """There may be more than one look takes."""

    def _repeatedly(self, action: Any) -> None:
        """Do it, and again as long as the database or Kafka is away."""
        while True:
            try:
                action()
            except (OperationalError, InterfaceError, KafkaException) as error:
                logger.warning("The bridge waits: %s", error)
                connections.discard()
                if self._is_stopping:
                    return
                time.sleep(PAUSE)
            else:
                return


def _bytes(value: Any) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
