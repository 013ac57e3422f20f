"""Step 5: the agent is created at its provider."""

from __future__ import annotations

from typing import Any

from agents.models import AgentRecord
from agents.providers.base import Provider
from agents.spec import spec_of
from agents.steps.at_provider import provider_of
from agents.steps.built_agent import built_agent
from tasks.context import StepContext


def create(ctx: StepContext) -> dict[str, Any]:
    """Create the agent, or find the one that an earlier attempt created.

    Returns:
        `{"provider", "provider_agent_id"}`.
    """
    agent = built_agent(ctx)
    with provider_of(agent) as provider:
        _create(ctx, agent, provider)
        if provider.count(agent.provider_agent_id):
            # A build from the start: what the earlier run uploaded is not this run's knowledge.
            ctx.confirm_lease()
            provider.delete(agent.provider_agent_id)
            _create(ctx, agent, provider)
    ctx.progress(1, 1, f"Created at {agent.provider}")
    return {"provider": agent.provider, "provider_agent_id": agent.provider_agent_id}


def _create(ctx: StepContext, agent: AgentRecord, provider: Provider) -> None:
    """Create it and keep its id before anything else can fail."""
    ctx.confirm_lease()
    agent.provider_agent_id = provider.create(spec_of(agent))
    with ctx.transaction():
        agent.save(update_fields=["provider_agent_id", "updated_at"])
