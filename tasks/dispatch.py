"""Sends a task's chain to the broker: one Celery task for each step that is left."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from celery import chain, current_app
from kombu.exceptions import OperationalError

from tasks import workflows
from tasks.models import TaskState

logger = logging.getLogger(__name__)

RECONNECT = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
"""Enough for a connection that the broker has closed; longer outages are the sweep's."""

UNDO_TASK = "engine.undo"

HEAD_START = 0.004
"""Seconds."""

Order = tuple[str, UUID, int, str, str]
"""Workflow, task_id, run, step to begin at, queue."""

Errand = tuple[str, Callable[[], object]]
"""What is sent, for the log, and the function that sends it."""


def send(task: TaskState, from_step: str) -> None:
    """Send the chain of the steps from `from_step` on.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    _send(_order(task, from_step))


def send_soon(task: TaskState, from_step: str) -> None:
    """Send the chain from a thread of its own, so that a request never waits for the broker.

    A message that cannot be sent is no loss: the sweep finds the task and sends it again.
    """
    soon(f"Task {task.pk}", partial(_send, _order(task, from_step)))


def soon(what: str, send: Callable[[], object]) -> None:
    """Call `send` in this process's thread for messages, which logs its errors.

    Args:
        what: what is sent, for the log.
    """
    global _sender
    with _lock:
        # A forked child inherits the object but not its thread.
        if _sender is None or _sender.pid != os.getpid():
            _sender = _Sender()
        sender = _sender
    sender.errands.put((what, send))


def send_batches(task: TaskState, step: str, messages: int) -> None:
    """Send messages that each let a worker take a batch of the fan-out step `step`.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    signature = current_app.signature(
        workflows.get(task.workflow).batch_celery_name(step),
        args=(str(task.pk), task.run),
        immutable=True,
    ).set(queue=task.priority)
    for _ in range(messages):
        signature.clone().apply_async(retry=True, retry_policy=RECONNECT)


def send_undo(task_id: UUID) -> None:
    """Ask a worker to undo what the cancelled task has left outside.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    undo = current_app.signature(UNDO_TASK, args=(str(task_id),), immutable=True)
    undo.set(queue="maintenance").apply_async(retry=True, retry_policy=RECONNECT)


def send_undo_soon(task_id: UUID) -> None:
    """The same from the thread for messages. The sweep sends it again if it is lost."""
    soon(f"The clean-up of {task_id}", partial(send_undo, task_id))


def waiting(queue_name: str) -> int:
    """How many messages stand in the queue.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        try:
            channel: Any = broker.default_channel
            declared = channel.queue_declare(queue_name, passive=True)
        except broker.channel_errors:
            # Nobody has used the queue yet; on Redis, an empty queue is none.
            return 0
        return int(declared.message_count)


def broker_answers() -> bool:
    """Whether the broker accepts a connection at this moment."""
    try:
        with current_app.connection_for_write(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except OperationalError:
        return False
    return True


def _order(task: TaskState, from_step: str) -> Order:
    return task.workflow, task.pk, task.run, from_step, task.priority


def _send(order: Order) -> None:
    name, task_id, run, from_step, queue_name = order
    workflow = workflows.get(name)
    signatures = [
        current_app.signature(
            workflow.celery_name(step.name), args=(str(task_id), run), immutable=True
        ).set(queue=queue_name)
        for step in workflow.steps_from(from_step)
    ]
    chain(*signatures).apply_async(retry=True, retry_policy=RECONNECT)


class _Sender:
    def __init__(self) -> None:
        self.pid = os.getpid()
        self.errands: queue.Queue[Errand] = queue.Queue()
        threading.Thread(target=self._run, name="dispatch", daemon=True).start()

    def _run(self) -> None:
        while True:
            what, send = self.errands.get()
            # The response of the request that gave the errand goes first: the interpreter runs one
            # thread at a time, and composing a chain takes longer than answering.
            time.sleep(HEAD_START)
            try:
                send()
            except OperationalError:
                logger.warning("%s waits: the broker does not answer.", what)
            except Exception as error:
                logger.warning("%s was not sent, the sweep will: %r", what, error)
            finally:
                self.errands.task_done()


def flush() -> None:
    """Wait until everything given to `soon` has been sent, or has failed."""
    if _sender is not None and _sender.pid == os.getpid():
        _sender.errands.join()


_sender: _Sender | None = None
_lock = threading.Lock()
