"""A cancelled build leaves nothing at the provider."""

from __future__ import annotations

from agents.models import AgentRecord, AgentStatus
from agents.removal import forget
from agents.steps.at_provider import provider_of
from tasks.errors import TransientError
from tasks.undo import UndoContext

LOOKS = 5
"""How often a `create` that was cut off is looked for: for a little more than a minute in all."""


def remove_from_provider(undo: UndoContext) -> None:
    """Remove the build's agent from its provider, and forget its id there.

    Raises:
        TransientError: a request that was under way when the step was interrupted may still arrive,
            or the provider has failed for now.
        PermanentError: it has failed for good.
    """
    agent = AgentRecord.objects.filter(build_task=undo.task_id).first()
    if agent is None:
        return
    with provider_of(agent) as provider:
        # The id that was stored may be of the agent before the one that was being made.
        forget(provider, agent)
    with undo.transaction():
        agent.provider_agent_id = ""
        agent.status = AgentStatus.BUILDING
        agent.save(update_fields=["provider_agent_id", "status", "updated_at"])
    if undo.step == "create" and undo.attempt < LOOKS:
        raise TransientError(
            f"What was being created at {agent.provider} is removed, and looked for again."
        )
