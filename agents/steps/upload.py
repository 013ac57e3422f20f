"""Step 6: the agent's chunks go to its provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agents.models import AgentRecord, Chunk
from agents.providers.base import KnowledgeItem
from agents.steps.at_provider import provider_of
from agents.steps.built_agent import built_agent
from tasks.context import StepContext

CHUNKS_AT_ONCE = 100


def upload(ctx: StepContext) -> dict[str, Any]:
    """Upload what the provider does not have yet.

    Chunks go in the order of their ids, so the provider's own count says where an earlier attempt
    stopped. The batch in which it did is sent again: an item that is there stays once.

    Returns:
        `{"chunks"}`: how many the agent has.
    """
    agent = built_agent(ctx)
    total = agent.chunks.count()
    with provider_of(agent) as provider:
        done = provider.count(agent.provider_agent_id) // CHUNKS_AT_ONCE * CHUNKS_AT_ONCE
        for batch in _batches(agent, skip=min(done, total)):
            ctx.checkpoint()
            provider.upload(agent.provider_agent_id, [_item(chunk) for chunk in batch])
            done = min(done + len(batch), total)
            ctx.progress(done, total, f"{done} of {total} chunks uploaded")
    return {"chunks": total}


def _batches(agent: AgentRecord, skip: int) -> Iterator[list[Chunk]]:
    chunks = agent.chunks.select_related("page").order_by("id")
    first = chunks.values_list("id", flat=True)[skip : skip + 1]
    last = next(iter(first), 0) - 1
    while batch := list(chunks.filter(id__gt=last)[:CHUNKS_AT_ONCE]) if last >= 0 else []:
        yield batch
        last = batch[-1].pk


def _item(chunk: Chunk) -> KnowledgeItem:
    return KnowledgeItem(
        chunk_id=chunk.pk,
        url=chunk.page.final_url or chunk.page.url,
        title=chunk.page.title,
        heading_path=chunk.heading_path,
        text=chunk.text,
    )
