"""What a provider is told of an agent."""

from __future__ import annotations

from agents.models import AgentRecord
from agents.providers.base import AgentSpec


def spec_of(agent: AgentRecord) -> AgentSpec:
    """The agent as its provider must know it."""
    return AgentSpec(
        reference=agent.pk,
        name=agent.name,
        description=agent.description,
        system_prompt=agent.system_prompt,
        starter_questions=agent.starter_questions,
    )
