"""Asking for a refresh: of one agent, there is one at a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from agents.models import AgentRecord
from agents.refresh.params import WORKFLOW, clean
from tasks import audit, lifecycle, permissions
from tasks.acts import Act
from tasks.lifecycle import Submission
from tasks.states import Priority


class CannotRefresh(Exception):
    """The agent cannot be refreshed now.

    Args:
        message: why, and what to do, in a sentence for a person.
        code: the same for machines.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def refresh(
    agent_id: UUID,
    by: Any,
    *,
    idempotency_key: str | None = None,
    priority: str = Priority.NORMAL,
    callback_url: str = "",
) -> Submission:
    """Submit a refresh of the agent.

    Args:
        by: the user who asks for it, and who owns its task.
        idempotency_key, priority, callback_url: as of any task.

    Raises:
        AgentRecord.DoesNotExist: there is no such agent, or it is not ready.
        NotAllowed: it is somebody else's, and `by` has not the permission.
        CannotRefresh: it was built from documents alone, or a refresh of it is under way.
        IdempotencyConflict: the key was used with another request.
    """
    with transaction.atomic():
        agent = locked(agent_id)
        permissions.require(by, Act.REFRESH, agent)
        submission = lifecycle.submit(
            WORKFLOW,
            clean({"agent_id": str(agent_id)}),
            by,
            idempotency_key=idempotency_key,
            priority=priority,
            callback_url=callback_url,
            subject=f"Refresh of {agent}",
        )
        if submission.created:
            if not agent.source.get("urls"):
                raise CannotRefresh(
                    "The agent was built from documents alone, and those do not change. Build "
                    "another agent from newer ones.",
                    code="nothing_to_refresh",
                )
            take(agent, submission.task.pk)
            audit.record(by, Act.REFRESH, agent, task_id=str(submission.task.pk))
    return submission


def locked(agent_id: UUID) -> AgentRecord:
    """The ready agent, whose row is locked to the end of the transaction.

    Raises:
        AgentRecord.DoesNotExist: there is none.
    """
    # A row that another transaction has changed is compared again by its own columns, but the build
    # that is joined is not: a build that has succeeded has done so for ever.
    agents = AgentRecord.objects.ready().select_for_update(of=("self",))
    return agents.get(pk=agent_id)


def take(agent: AgentRecord, task_id: UUID) -> None:
    """Let this be the agent's refresh, unless another one is under way. The agent's row is locked.

    Raises:
        CannotRefresh: another one is.
    """
    current = agent.refresh_task
    if current and current.pk != task_id and not current.is_finished:
        raise CannotRefresh(
            f"The agent is being refreshed by the task {current.pk} already. Wait for its end, or "
            "cancel it first.",
            code="refresh_running",
        )
    agent.refresh_task_id = task_id
    # Nobody who edits the agent meanwhile must do so again: nothing that they see has changed.
    AgentRecord.objects.filter(pk=agent.pk).update(refresh_task=task_id)
