"""Reads what the engine has sent, as a worker would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from celery import current_app
from kombu.simple import SimpleQueue

from tasks import dispatch
from tasks.states import Priority
from tests.valkey import broker_at


@dataclass(frozen=True, slots=True)
class Message:
    """A chain of steps that is to be executed."""

    queue: str
    task_id: str
    run: int
    steps: list[str]
    """The names of their Celery tasks."""


class Broker:
    """The broker's queues, empty at first. Use it as a context manager."""

    def __enter__(self) -> Self:
        self.messages()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.messages()

    def messages(self) -> list[Message]:
        """Take all that has been sent up to now."""
        dispatch.flush()
        with current_app.connection_for_read() as connection:
            return [
                message
                for name in Priority.values
                for message in taken_from(connection.SimpleQueue(name))
            ]


@contextmanager
def broker_in_memory() -> Iterator[Broker]:
    """A broker within this process, in place of the one of the settings."""
    with broker_at("memory://"), Broker() as broker:
        yield broker


def taken_from(queue: SimpleQueue) -> list[Message]:
    """Take every message out of one queue."""
    taken: list[Message] = []
    try:
        while True:
            message = queue.get(block=False)
            message.ack()
            taken.append(parsed(queue.queue.name, message.headers["task"], message.payload))
    except queue.Empty:
        queue.close()
        return taken


def parsed(queue: str, first: str, payload: Any) -> Message:
    """A Celery message: its arguments, and the rest of its chain, the last step first."""
    (task_id, run), _, embedded = payload
    rest = [signature["task"] for signature in reversed(embedded["chain"] or [])]
    return Message(queue, task_id, run, [first, *rest])
