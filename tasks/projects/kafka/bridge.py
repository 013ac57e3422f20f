"""The bridge: one loop that takes what has come, and sends what has happened."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer
from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError
from django.utils import timezone

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
LETTER_CHARACTERS = 100_000
"""What is kept of a message that is put aside. In JSON each may take six bytes, and brokers refuse
a message of more than a million."""
REASON_CHARACTERS = 2_000
KEY_BYTES = 1_000


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
        self._letters: list[tuple[bytes | None, dict[str, Any]]] = []
        self._is_stopping = False
        self._looked_at = 0.0
        self._retried_since: datetime | None = None
        self._place = 0
        self._wait = WAIT

    def stop(self) -> None:
        """End after what is in hand."""
        self._is_stopping = True

    def run(self) -> None:
        """Take and send until `stop`. Neither the database's nor Kafka's outages end it."""
        self._consumer.subscribe([self._config.tasks, self._config.control])
        try:
            while not self._is_stopping:
                self._take(self._consumer.consume(AT_ONCE, timeout=self._wait))
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
        handled = (self._repeatedly(partial(self._handle, message)) for message in arrived)
        if not arrived or not all(handled) or not self._repeatedly(self._send_letters):
            return
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            logger.warning("The offsets are not committed, so messages come again: %s", error)

    def _handle(self, message: Message) -> None:
        try:
            # Read anew: what they may do is kept with the user, and may have changed.
            owner = get_user_model()._default_manager.get(pk=self._owner.pk)
            self._handlers[message.topic() or ""](_bytes(message.value()), owner)
        except (OperationalError, InterfaceError):
            raise
        except Malformed as error:
            self._put_aside(message, str(error))
        except Exception as error:
            # Or it would come again and again, and nothing after it.
            logger.exception("A message of %s met an unexpected error", message.topic())
            self._put_aside(message, f"It met an unexpected {type(error).__name__}.")

    def _put_aside(self, message: Message, reason: str) -> None:
        # What a message calls its fields may hold half a character, which no log could write.
        reason = _cut(reason.encode(errors="replace").decode(), REASON_CHARACTERS)
        letters = self._config.dead_letter
        logger.warning("A message of %s goes to %s: %s", message.topic(), letters, reason)
        key = _bytes(message.key())
        letter = {
            "reason": reason,
            "topic": message.topic(),
            "partition": message.partition(),
            "offset": message.offset(),
            "message": _cut(
                (_bytes(message.value()) or b"").decode(errors="replace"), LETTER_CHARACTERS
            ),
        }
        self._letters.append((key and key[:KEY_BYTES], letter))

    def _send_letters(self) -> None:
        """Send what was put aside, and keep it until all of it has arrived."""
        for key, letter in self._letters:
            self._sender.send(self._config.dead_letter, key, letter)
        self._sender.confirm()
        self._letters.clear()

    def _send(self) -> None:
        """Send the news of some tasks; those of the others the next time. What comes in, such as a
        STOP, must not wait until a busy installation has no news."""
        if time.monotonic() - self._looked_at > RETRIED:
            now = timezone.now()
            unsettle_retried(self._retried_since)
            forget_strays()
            self._looked_at, self._retried_since = time.monotonic(), now
        self._place, is_all = send_news(self._sender, self._config.progress, self._place)
        self._wait = WAIT if is_all else 0.0

    def _repeatedly(self, action: Callable[[], None]) -> bool:
        """Do it, and again as long as the database or Kafka is away: whether it is done. Only
        `stop` makes it give up."""
        while True:
            try:
                action()
            except (OperationalError, InterfaceError, KafkaException) as error:
                logger.warning("The bridge waits: %s", error)
                connections.discard()
                if self._is_stopping:
                    return False
                time.sleep(PAUSE)
            else:
                return True


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} … (cut)"


def _bytes(value: Any) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
