"""Step 7: what was uploaded is checked, and the agent is ready."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from agents.models import CONTENT, AgentRecord, AgentStatus, AgentVersion, PageStatus
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
        check_count(provider.count(agent.provider_agent_id), chunks)
    agent.status = AgentStatus.READY
    measure(agent)
    with ctx.transaction():
        agent.save()
        _note_version(ctx, agent)
        ctx.progress(1, 1, f"{agent.page_count} pages, {agent.chunk_count} chunks")
    return _result(agent)


def measure(agent: AgentRecord) -> None:
    """Count what the agent knows, into its record, which is not saved yet."""
    agent.chunk_count = agent.chunks.count()
    agent.page_count = agent.pages.filter(status=PageStatus.EXTRACTED).count()
    agent.token_count = agent.chunks.aggregate(tokens=Sum("token_count"))["tokens"] or 0


def check_count(found: int, expected: int) -> None:
    """Compare the provider's own count with what it was sent.

    Raises:
        TransientError: chunks are missing; a provider may need a moment to count them.
        PermanentError: there are more than were uploaded.
    """
    if found < expected:
        raise TransientError(
            f"The provider has {found} of {expected} chunks so far. If that does not change, "
            "retry the task from the start.",
            code="chunks_missing",
        )
    if found > expected:
        raise PermanentError(
            f"The provider has {found} chunks where {expected} were uploaded. Retry the task from "
            "the start.",
            code="chunks_left_over",
        )


def _note_version(ctx: StepContext, agent: AgentRecord) -> None:
    """Version 1 of the agent. An earlier attempt may have noted it."""
    pages = agent.pages.filter(status__in=CONTENT).count()
    counts = {"pages_new": pages, "pages_read": pages, **counts_of(agent)}
    AgentVersion.objects.update_or_create(
        agent=agent, number=agent.version, defaults={"task_id": ctx.task_id, **counts}
    )


def counts_of(agent: AgentRecord) -> dict[str, int]:
    """How much the agent knows, by the columns that a version has of it, too."""
    return {name: getattr(agent, name) for name in ("page_count", "chunk_count", "token_count")}


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
