"""What the messages of `tasks` and `task-control` ask for, done once however often they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from tasks import lifecycle
from tasks.errors import EngineError, IllegalTransition, InvalidParams
from tasks.projects.models import KAFKA_KEY_LENGTH, KafkaTask
from tasks.projects.submission import submit

FIELDS = {"task_id", "project", "type", "command", "params"}


class Malformed(Exception):
    """The message cannot be understood. The text says what is wrong with it."""


def take_task(value: bytes | None, owner: Any) -> None:
    """Submit the task that a message describes, unless that has been done.

    Raises:
        Malformed: it describes none.
    """
    message = _object(value)
    key = _key(message)
    if unknown := sorted(message.keys() - FIELDS):
        raise Malformed(
            f"Unknown fields: {', '.join(unknown)}. Known: {', '.join(sorted(FIELDS))}."
        )
    asked = {name: _text(message, name) for name in ("project", "type", "command")}
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise Malformed("params is no object.")
    _understood(lambda: _submit(key, owner, {**asked, "params": params}))


def take_control(value: bytes | None, owner: Any) -> None:
    """Cancel the task that a message names, or see to it when the task comes.

    Raises:
        Malformed: it names none, or asks for something else.
    """
    message = _object(value)
    key = _key(message)
    if message.get("signal") != "STOP":
        raise Malformed(f"The signal {message.get('signal')!r} is not known. Known: STOP.")
    with transaction.atomic():
        row, _ = KafkaTask.objects.select_for_update().get_or_create(key=key)
        row.is_stopped = True
        row.save(update_fields=["is_stopped"])
        if row.task_id:
            _cancel(row, owner)


def _submit(key: str, owner: Any, asked: dict[str, Any]) -> None:
    # The key is the idempotency key, too: what differs from the first message is refused.
    with transaction.atomic():
        row, _ = KafkaTask.objects.select_for_update().get_or_create(key=key)
        submission = submit(owner, **asked, idempotency_key=key)
        if row.task_id is None:
            row.task = submission.task
            row.save(update_fields=["task"])
            if row.is_stopped:
                _cancel(row, owner)


def _cancel(row: KafkaTask, owner: Any) -> None:
    assert row.task_id  # noqa: S101  (the callers look)
    try:
        lifecycle.cancel(row.task_id, by=owner)
    except IllegalTransition:
        """It has ended by itself."""


def _understood(action: Callable[[], None]) -> None:
    try:
        action()
    except InvalidParams as error:
        said = (f"{path}: {' '.join(sentences)}" for path, sentences in error.errors.items())
        raise Malformed("; ".join(said)) from error
    except EngineError as error:
        raise Malformed(str(error)) from error


def _object(value: bytes | None) -> Mapping[str, Any]:
    try:
        message = json.loads(value or b"")
    except ValueError:
        raise Malformed("The message is no JSON.") from None
    if not isinstance(message, dict):
        raise Malformed("The message is no JSON object.")
    return message


def _key(message: Mapping[str, Any]) -> str:
    key = message.get("task_id")
    if not isinstance(key, str) or not 0 < len(key) <= KAFKA_KEY_LENGTH or "\0" in key:
        raise Malformed(f"task_id is no text of 1 to {KAFKA_KEY_LENGTH} characters.")
    return key


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name, "" if name == "command" else None)
    if not isinstance(value, str):
        raise Malformed(f"{name} is missing, or no text.")
    return value
