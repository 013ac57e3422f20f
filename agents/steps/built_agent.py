"""The record that a build works on."""

from __future__ import annotations

from agents.models import AgentRecord
from tasks.context import StepContext
from tasks.errors import PermanentError


def built_agent(ctx: StepContext) -> AgentRecord:
    """The agent that the step `validate` began.

    Raises:
        PermanentError: it was deleted, or its draft was abandoned, meanwhile.
    """
    begun = ctx.outputs["validate"]["agent_id"]
    agent = AgentRecord.objects.filter(id=begun, build_task=ctx.task_id).first()
    if agent is None:
        raise PermanentError(
            "The agent was deleted while it was being built. Start a new build.",
            code="agent_deleted",
        )
    return agent
