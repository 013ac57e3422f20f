"""The relay: a process that has ended a short step goes on with the task's next one at once.

The next step is claimed in the transaction in which the last one succeeds, so there is one commit
between the two, and no message. It is a Celery task like any other, with the id, the result and
the signals that its message would have given it; only the way through the broker is left out.

Whatever goes wrong on the way, the lease on the next step tells it: it is held from that commit on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from celery import Signature, Task, current_app
from celery.app.trace import trace_task
from django.conf import settings

from tasks import lifecycle
from tasks.lifecycle import Claim
from tasks.results import stored_with_step


@dataclass(frozen=True, slots=True)
class _Baton:
    """The next step: its Celery task, the request its message would have made, and its lease."""

    celery_task: Task[Any, Any]
    request: dict[str, Any]
    claim: Claim

    @property
    def celery_id(self) -> str:
        return str(self.request["id"])


class _Relay:
    """The steps that one message leads to."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + settings.AGENTFORGE_RELAY_SECONDS
        self._waiting: _Baton | None = None
        self.in_hand: _Baton | None = None

    @property
    def has_time(self) -> bool:
        return time.monotonic() < self._ends_at

    def hand_over(self, baton: _Baton) -> None:
        self._waiting = baton

    def run(self) -> None:
        """Execute what was handed over, and what that hands over in turn.

        Celery records how each of them ends, so nothing is raised but what ends the process.
        """
        while baton := self._waiting:
            self.in_hand, self._waiting = baton, None
            request = baton.request
            trace_task(
                baton.celery_task,
                baton.celery_id,
                request["args"],
                request["kwargs"],
                request,
                app=current_app,
            )


_relay: ContextVar[_Relay | None] = ContextVar("relay", default=None)


@contextmanager
def carried() -> Iterator[None]:
    """Let the block execute the step that a message has brought, and then those that follow it.

    A step that was itself handed over leaves what follows it to the message's block, so the stack
    does not grow with the number of steps.
    """
    if _relay.get():
        yield
        return
    relay = _Relay()
    token = _relay.set(relay)
    try:
        yield
        relay.run()
    finally:
        _relay.reset(token)


def handed_over(celery_task: Task[Any, Any]) -> Claim | None:
    """The lease that came with this Celery task, if a relay and no message has brought it."""
    relay = _relay.get()
    baton = relay.in_hand if relay else None
    return baton.claim if baton and baton.celery_id == celery_task.request.id else None


def succeed(celery_task: Task[Any, Any], claim: Claim, output: Any) -> None:
    """Finish the step, with its Celery result; take the next one along if there is time for it.

    Raises:
        Superseded: the lease is lost.
    """
    relay = _relay.get()
    following = _following(celery_task) if relay and relay.has_time else None
    along = [stored_with_step(celery_task, output)]
    granted = lifecycle.succeed(claim, output, along, following["id"] if following else "")
    if relay and following and granted:
        relay.hand_over(_Baton(current_app.tasks[following["task"]], following, granted))
        # Or Celery would send it as well.
        celery_task.request.chain = None


def _following(celery_task: Task[Any, Any]) -> dict[str, Any] | None:
    """The request that the message of the chain's next task would make.

    None if that task has other time limits: the parent process of a pool takes the time of
    messages, and so of both steps together. It may, because a relay is shorter than what Celery's
    limits leave the engine's own.
    """
    current = celery_task.request
    if not current.chain:
        return None
    signature = Signature(current.chain[-1])
    limit = getattr(current_app.tasks.get(signature["task"]), "soft_time_limit", None)
    if limit != celery_task.soft_time_limit:
        return None
    args = tuple(signature.args)
    return {
        "id": signature.id,
        "task": signature["task"],
        "args": args,
        "kwargs": signature.kwargs,
        "argsrepr": repr(args),
        "kwargsrepr": repr(signature.kwargs),
        "root_id": current.root_id,
        "parent_id": current.id,
        "correlation_id": signature.id,
        "chain": current.chain[:-1],
        "delivery_info": current.delivery_info,
        "reply_to": current.reply_to,
        "hostname": current.hostname,
        # Celery takes whatever it does not know for headers, and would send it with a retry.
        "headers": {},
    }
