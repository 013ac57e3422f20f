"""Step 4 of a refresh: the next version goes to the provider, which answers from the last one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.providers.base import Provider, VersionedProvider
from agents.refresh.draft import Refresh, refresh_of
from agents.spec import spec_of
from agents.steps.at_provider import provider_of
from agents.steps.upload import batches, upload_all
from tasks.context import StepContext

REMOVED_AT_ONCE = 500


def upload_changes(ctx: StepContext) -> dict[str, Any]:
    """Bring what has changed to a provider that keeps versions, and all of it to any other, as a
    new agent there.

    Returns:
        `{"added", "removed"}`: how many chunks.
    """
    refresh = refresh_of(ctx)
    with provider_of(refresh.agent) as provider:
        if isinstance(provider, VersionedProvider):
            return _stage(ctx, provider, refresh)
        return _upload_anew(ctx, provider, refresh)


def _stage(ctx: StepContext, provider: VersionedProvider, refresh: Refresh) -> dict[str, Any]:
    agent_id, version = refresh.agent.provider_agent_id, refresh.version
    added = refresh.added.count()
    removed = list(refresh.removed.order_by("pk").values_list("pk", flat=True))
    ctx.confirm_lease()
    # A refresh before this one, or an attempt, may have left something.
    provider.discard(agent_id, version)
    done = 0
    for items in batches(refresh.added):
        ctx.confirm_lease()
        provider.stage(agent_id, version, added=items)
        done += len(items)
        ctx.progress(done, added + len(removed), f"{done} of {added} changed chunks uploaded")
    for start in range(0, len(removed), REMOVED_AT_ONCE):
        ids = removed[start : start + REMOVED_AT_ONCE]
        ctx.confirm_lease()
        provider.stage(agent_id, version, removed=ids)
        done += len(ids)
        ctx.progress(done, added + len(removed), f"{done - added} of {len(removed)} chunks removed")
    return {"added": added, "removed": len(removed)}


def _upload_anew(ctx: StepContext, provider: Provider, refresh: Refresh) -> dict[str, Any]:
    draft = refresh.draft
    ctx.confirm_lease()
    draft.provider_agent_id = provider.create(replace(spec_of(refresh.agent), reference=draft.pk))
    with ctx.transaction():
        draft.save(update_fields=["provider_agent_id", "updated_at"])
    total = upload_all(ctx, provider, draft.provider_agent_id, refresh.chunks)
    return {"added": total, "removed": 0}
