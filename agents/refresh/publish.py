"""Step 5 of a refresh: the next version takes the place of the last, all at once."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from agents.models import AgentRecord, AgentVersion
from agents.providers.base import Provider, VersionedProvider
from agents.refresh.compare import Changes
from agents.refresh.draft import Refresh, deleted_meanwhile, refresh_of
from agents.refresh.request import locked
from agents.refresh.swap import swap
from agents.spec import spec_of
from agents.steps.at_provider import provider_of
from agents.steps.finalize import check_count, counts_of, measure
from tasks.context import StepContext
from tasks.errors import TransientError


def publish(ctx: StepContext) -> dict[str, Any]:
    """Let the agent answer from its next version.

    The task succeeds in the same transaction. A cancel comes before it, and the last version
    stays; or it comes too late.

    Returns:
        The task's result: the agent's id and name, the version's number, what has changed, and
        what the agent knows now.

    Raises:
        TransientError, PermanentError: what the provider has is not what it was sent.
    """
    refresh = refresh_of(ctx)
    with provider_of(refresh.agent) as provider:
        return _publish(ctx, refresh, provider)


def _publish(ctx: StepContext, refresh: Refresh, provider: Provider) -> dict[str, Any]:
    if not isinstance(provider, VersionedProvider):
        check_count(provider.count(refresh.draft.provider_agent_id), refresh.chunks.count())
        # With what its owner has changed about the agent since it was created there anew.
        provider.update(refresh.draft.provider_agent_id, spec_of(refresh.agent))
    with ctx.transaction():
        agent = _locked(refresh)
        swap(replace(refresh, agent=agent))
        agent.version = refresh.version
        measure(agent)
        agent.save()
        if isinstance(provider, VersionedProvider):
            provider.publish(agent.provider_agent_id, agent.version)
            check_count(provider.count(agent.provider_agent_id), agent.chunk_count)
        changes = Changes(**ctx.outputs["extract"])
        AgentVersion.objects.create(
            agent=agent,
            number=agent.version,
            task_id=ctx.task_id,
            **asdict(changes),
            **counts_of(agent),
        )
        ctx.progress(1, 1, f"Version {agent.version}: {changes}")
        result = _result(agent, changes)
        ctx.succeed(result)
    return result


def _locked(refresh: Refresh) -> AgentRecord:
    """The agent, as it is, and as it stays to the end of the transaction."""
    try:
        agent = locked(refresh.agent.pk)
    except AgentRecord.DoesNotExist as error:
        raise deleted_meanwhile() from error
    if agent.updated_at != refresh.agent.updated_at:
        raise TransientError("The agent was edited at this moment.", code="agent_edited")
    return agent


def _result(agent: AgentRecord, changes: Changes) -> dict[str, Any]:
    return {
        "agent_id": str(agent.pk),
        "name": agent.name,
        "version": agent.version,
        **asdict(changes),
        "pages": agent.page_count,
        "chunks": agent.chunk_count,
        "tokens": agent.token_count,
        "provider": agent.provider,
        "provider_agent_id": agent.provider_agent_id,
    }
