"""Sends the stored events of Kafka's tasks back to it, in order and without a gap.

How far a task's history was sent stands in its row, and is written only after the brokers have
confirmed it. So a crash loses nothing, and may repeat the last events: their `seq` tells.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from confluent_kafka import KafkaException, Producer
from django.db.models import F
from django.utils import timezone

from tasks import events
from tasks.events import EventPayload
from tasks.models import TaskState
from tasks.projects.models import KafkaTask

TASKS_AT_ONCE = 200
EVENTS_AT_ONCE = 500
"""Of each of them."""
CONFIRM_SECONDS = 10.0
STRAYS_STAY = timedelta(days=1)
LATE_COMMIT = timedelta(minutes=1)
"""As long may a transaction take that ends a task, with what clocks differ."""


class Sender:
    """Sends messages, and knows whether they have arrived.

    Args:
        producer: of `KafkaConfig.producer`.
    """

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._failure: Any = None

    def send(self, topic: str, key: str | bytes | None, value: Any) -> None:
        """Hand a JSON value over. It has arrived when `confirm` returns."""
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        while True:
            try:
                # JSON may hold halves of characters, which no encoding has.
                encoded = data.encode(errors="replace")
                self._producer.produce(topic, encoded, key, on_delivery=self._note)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def confirm(self) -> None:
        """Wait until everything has arrived.

        Raises:
            KafkaException: something has not, or not within `CONFIRM_SECONDS`.
        """
        waiting = self._producer.flush(CONFIRM_SECONDS)
        failure, self._failure = self._failure, None
        if failure:
            raise KafkaException(failure)
        if waiting:
            # What is still on its way would come out of order after its repetition.
            self._producer.purge()
            self._producer.flush(CONFIRM_SECONDS)
            self._failure = None
            raise KafkaException(f"{waiting} messages were not confirmed.")

    def _note(self, error: Any, _message: Any) -> None:
        self._failure = self._failure or error


def send_news(sender: Sender, topic: str, after: int = 0) -> tuple[int, bool]:
    """Send what has happened to the next tasks that have news.

    Args:
        after: the place among them where the last call has stopped; 0 for the first.

    Returns:
        The place for the next call, and whether that was all there was.

    Raises:
        KafkaException: Kafka does not take it now; it will be sent the next time.
    """
    rows = KafkaTask.objects.filter(is_settled=False, task__last_seq__gt=F("sent_seq"))
    chosen = list(rows.filter(pk__gt=after).order_by("pk")[:TASKS_AT_ONCE])
    news = [
        (row, events.since(row.task_id, row.sent_seq, EVENTS_AT_ONCE))
        for row in chosen
        if row.task_id
    ]
    for row, updates in news:
        for update in updates:
            sender.send(topic, row.key, {"task_id": row.key, "update": update})
    if news:
        sender.confirm()
    for row, updates in news:
        _record(row, updates)
    place = chosen[-1].pk if len(chosen) == TASKS_AT_ONCE else 0
    is_cut = any(len(updates) == EVENTS_AT_ONCE for _, updates in news)
    return place, not (place or is_cut)


def unsettle_retried(since: datetime | None) -> None:
    """Look after tasks again that somebody has retried, also those that have ended again meanwhile.

    Args:
        since: when that was done last; None for never, as while no bridge has run.
    """
    settled = KafkaTask.objects.filter(is_settled=True)
    retried = settled.filter(task__in=TaskState.objects.active())
    retried.update(is_settled=False)
    ended = settled.filter(task__last_seq__gt=F("sent_seq"))
    if since:
        ended = ended.filter(task__finished_at__gt=since - LATE_COMMIT)
    ended.update(is_settled=False)


def forget_strays() -> None:
    """Forget what was asked for of tasks that have not come for a day."""
    long_ago = timezone.now() - STRAYS_STAY
    KafkaTask.objects.filter(task=None, created_at__lt=long_ago).delete()


def _record(row: KafkaTask, updates: list[EventPayload]) -> None:
    if not updates:
        return
    last = updates[-1]
    KafkaTask.objects.filter(pk=row.pk).update(
        sent_seq=last["seq"], is_settled=events.is_final(last)
    )
