"""The buttons of the engine's admin pages."""

from __future__ import annotations

from typing import Any

from tasks import lifecycle, tokens
from tasks.acts import Act
from tasks.admin_buttons import Button
from tasks.states import RETRYABLE
from tasks.webhooks import outbox


def _cancel(task: Any, user: Any) -> str:
    is_over = lifecycle.cancel(task.pk, by=user).is_finished
    return "The task is cancelled." if is_over else "The task is told to stop."


def _retry(task: Any, user: Any) -> str:
    lifecycle.retry(task.pk, by=user)
    return "The task goes on where it stopped."


def _start_over(task: Any, user: Any) -> str:
    lifecycle.retry(task.pk, by=user, start_over=True)
    return "The task begins again from its first step."


def _replay(delivery: Any, user: Any) -> str:
    outbox.replay(delivery, by=user)
    return "The delivery is sent once more."


def _revoke(token: Any, user: Any) -> str:
    tokens.revoke(token, by=user)
    return "The token is revoked: nobody can use it any more."


def _is_retryable(task: Any) -> bool:
    return task.state in RETRYABLE


CANCEL = Button(
    "cancel",
    "Cancel",
    Act.CANCEL,
    lambda task: not (task.is_finished or task.cancel_requested),
    _cancel,
    is_dangerous=True,
)
RETRY = Button("retry", "Retry from where it stopped", Act.RETRY, _is_retryable, _retry)
START_OVER = Button("start-over", "Start over", Act.RETRY, _is_retryable, _start_over)
REPLAY = Button("replay", "Send once more", Act.REPLAY, lambda delivery: True, _replay)
REVOKE = Button(
    "revoke",
    "Revoke",
    Act.REVOKE,
    lambda token: token.revoked_at is None,
    _revoke,
    is_dangerous=True,
)
