"""Step 7: what was uploaded is checked, and the agent is ready."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from agents.models import AgentRecord, AgentStatus, PageStatus
from agents.steps.at_provider import provider_of
from agents.steps.built_agent import built_agent
from tasks.context import StepContext
from tasks.errors import PermanentError, TransientError


def finalize(ctx: StepContext) -> dict[str, Any]:
    """Check the provider's count, then make the agent ready for its owner.

    Returns:
        The task's result: the agent's id, name, provider and counts.

    Raises:
        TransientError: chunks are missing; a provider may need a moment to count them.
        PermanentError: there are more than were uploaded.
    """
    agent = built_agent(ctx)
    chunks = agent.chunks.count()
    with provider_of(agent) as provider:
        _check(provider.count(agent.provider_agent_id), chunks)
    agent.status = AgentStatus.READY
    agent.chunk_count = chunks
    agent.page_count = agent.pages.filter(status=PageStatus.EXTRACTED).count()
    agent.token_count = agent.chunks.aggregate(tokens=Sum("token_count"))["tokens"] or 0
    with ctx.transaction():
        agent.save()
        ctx.progress(1, 1, f"{agent.page_count} pages, {agent.chunk_count} chunks")
    return _result(agent)


def _check(found: int, expected: int) -> None:
    if found < expected:
        raise TransientError(
            f"The provider has {found} of {expected} chunks so far. If that does not change, "
            "build the agent again from the start.",
            code="chunks_missing",
        )
    if found > expected:
        raise PermanentError(
            f"The provider has {found} chunks where {expected} were uploaded. Build the agent "
            "again from the start.",
            code="chunks_left_over",
        )


def _result(agent: AgentRecord) -> dict[str, Any]:
    return {
        "agent_id": str(agent.pk),
        "name": agent.name,
        "pages": agent.page_count,
        "chunks": agent.chunk_count,
        "tokens": agent.token_count,
        "provider": agent.provider,
        "provider_agent_id": agent.provider_agent_id,
    }
