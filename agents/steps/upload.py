"""Step 6: the agent's chunks go to its provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from agents.models import Chunk
from agents.providers.base import KnowledgeItem, Provider
from agents.steps.at_provider import provider_of
from agents.steps.built_agent import built_agent
from tasks.context import StepContext

CHUNKS_AT_ONCE = 300
_SAID = ("id", "page__url", "page__final_url", "page__title", "heading_path", "text")


def upload(ctx: StepContext) -> dict[str, Any]:
    """Upload what the provider does not have yet.

    Chunks go in the order of their ids, so the provider's own count says where an earlier attempt
    stopped. The batch in which it did is sent again: an item that is there stays once.

    Returns:
        `{"chunks"}`: how many the agent has.
    """
    agent = built_agent(ctx)
    with provider_of(agent) as provider:
        total = upload_all(ctx, provider, agent.provider_agent_id, agent.chunks.all())
    return {"chunks": total}


def upload_all(
    ctx: StepContext, provider: Provider, provider_agent_id: str, chunks: QuerySet[Chunk]
) -> int:
    """Upload those of `chunks`, all that an agent is to have, that the provider does not have.

    Returns:
        How many chunks there are.
    """
    total = chunks.count()
    done = provider.count(provider_agent_id) // CHUNKS_AT_ONCE * CHUNKS_AT_ONCE
    for batch in batches(chunks, skip=min(done, total)):
        ctx.checkpoint()
        provider.upload(provider_agent_id, batch)
        done = min(done + len(batch), total)
        ctx.progress(done, total, f"{done} of {total} chunks uploaded")
    return total


def batches(chunks: QuerySet[Chunk], skip: int = 0) -> Iterator[list[KnowledgeItem]]:
    """The chunks but for the first `skip`, in the order of their ids, as a provider gets them."""
    chunks = chunks.order_by("id")
    first = chunks.values_list("id", flat=True)[skip : skip + 1]
    last = next(iter(first), 0) - 1
    # Models of them would take as long as to store what they hold.
    rows = chunks.values_list(*_SAID)
    while batch := list(rows.filter(id__gt=last)[:CHUNKS_AT_ONCE]) if last >= 0 else []:
        yield [
            KnowledgeItem(id, final_url or url, title, heading_path, text)
            for id, url, final_url, title, heading_path, text in batch
        ]
        last = batch[-1][0]
