"""The draft of a refresh, and what becomes of one that is of no use any more."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from agents.models import AgentRecord, AgentStatus, Chunk, Page
from agents.providers.base import Provider, VersionedProvider
from agents.removal import forget
from tasks.context import StepContext
from tasks.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the steps of a refresh work on.

    Args:
        draft: the record whose pages are the next version.
        agent: the agent that it is to be of.
        version: the next version's number.
    """

    draft: AgentRecord
    agent: AgentRecord
    version: int

    @property
    def kept(self) -> QuerySet[Page]:
        """The agent's pages whose content is the same in the next version."""
        keeping = self.draft.pages.filter(keeps__isnull=False)
        return Page.objects.filter(agent=self.agent, pk__in=keeping.values("keeps"))

    @property
    def added(self) -> QuerySet[Chunk]:
        """The chunks that only the next version has."""
        return self.draft.chunks.all()

    @property
    def removed(self) -> QuerySet[Chunk]:
        """The chunks that the next version does not have any more."""
        return self.agent.chunks.exclude(page__in=self.kept.order_by())

    @property
    def chunks(self) -> QuerySet[Chunk]:
        """All chunks of the next version."""
        kept = self.agent.chunks.filter(page__in=self.kept.order_by())
        return kept | self.draft.chunks.all()


def refresh_of(ctx: StepContext) -> Refresh:
    """What the step `validate` began.

    Raises:
        PermanentError: the agent was deleted, or another refresh has taken this one's place.
    """
    begun = ctx.outputs["validate"]
    agent = AgentRecord.objects.ready().filter(pk=begun["refreshes"]).first()
    if agent is None:
        raise deleted_meanwhile()
    draft = AgentRecord.objects.filter(pk=begun["agent_id"], build_task=ctx.task_id).first()
    if draft is None or agent.refresh_task_id != ctx.task_id or agent.version >= begun["version"]:
        raise PermanentError(
            "Another refresh of the agent has begun since this one stopped. Start a new one.",
            code="refresh_outdated",
        )
    return Refresh(draft, agent, begun["version"])


def deleted_meanwhile() -> PermanentError:
    """The end of a refresh whose agent is gone."""
    return PermanentError(
        "The agent was deleted while it was being refreshed. Build it again if it is needed.",
        code="agent_deleted",
    )


def drop(drafts: QuerySet[AgentRecord]) -> None:
    """Let go of drafts: their rows go with the clean-up, and so does what is at a provider."""
    drafts.exclude(provider_agent_id="").update(removal_due_at=timezone.now())
    drafts.update(status=AgentStatus.DELETING, build_task=None)


def discard_at_provider(provider: Provider, draft: AgentRecord) -> None:
    """Remove what the draft of a refresh has brought to its provider; the agent itself stays.

    Raises:
        ProviderError: the provider refused or failed.
    """
    agent = draft.refreshes
    if not isinstance(provider, VersionedProvider):
        forget(provider, draft)
    elif agent and agent.status == AgentStatus.READY:
        provider.discard(agent.provider_agent_id, agent.version + 1)
