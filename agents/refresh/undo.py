"""A cancelled refresh leaves nothing at the provider but what was there before."""

from __future__ import annotations

from agents.models import AgentRecord
from agents.providers.base import VersionedProvider
from agents.refresh.draft import discard_at_provider
from agents.steps.at_provider import provider_of
from agents.undo import LOOKS
from tasks.errors import TransientError
from tasks.undo import UndoContext


def discard_draft(undo: UndoContext) -> None:
    """Remove what the refresh has brought to its provider.

    Raises:
        TransientError: a request that was under way when the step was interrupted may still arrive,
            or the provider has failed for now.
        PermanentError: it has failed for good.
    """
    drafts = AgentRecord.objects.filter(build_task=undo.task_id).select_related("refreshes")
    draft = drafts.first()
    if draft is None:
        return
    with provider_of(draft) as provider:
        discard_at_provider(provider, draft)
        is_versioned = isinstance(provider, VersionedProvider)
    with undo.transaction():
        draft.provider_agent_id = ""
        draft.save(update_fields=["provider_agent_id", "updated_at"])
    if undo.step == "upload" and not is_versioned and undo.attempt < LOOKS:
        raise TransientError(
            f"What was being created at {draft.provider} is removed, and looked for again."
        )
