"""The draft's pages become the agent's. All of it belongs into one transaction."""

from __future__ import annotations

from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from agents.models import AgentRecord, AgentStatus, Chunk, Page, PageContent
from agents.refresh.draft import Refresh, drop

ASIDE = 500_000_000
"""Kept pages get their new positions in two moves: two pages may not have the same in between."""

_SEEN_ANEW = (
    *("position", "depth", "status", "reason_code", "reason", "duplicate_of_id", "http_status"),
    *("final_url", "canonical_url", "other_spelling", "changed_at", "content_type", "bytes"),
    *("duration_ms", "fetched_at", "body_hash", "etag", "last_modified", "rendered"),
)
_BRING_UP_TO_DATE = f"""
    UPDATE agents_page SET {", ".join(f'"{column}" = seen."{column}"' for column in _SEEN_ANEW)}
    FROM agents_page AS seen WHERE seen.keeps_id = agents_page.id AND seen.agent_id = %s
"""  # noqa: S608 (the columns' names are those above)
"""Django has no UPDATE with a join. A subquery for each column takes three times as long."""


def swap(refresh: Refresh) -> None:
    """Give the agent the draft's pages in place of those of its own that it does not keep.

    The agent's record gets its new id at the provider, where it has one, and is not saved yet.
    """
    agent, draft = refresh.agent, refresh.draft
    _point_duplicates_at_kept_pages(draft)
    superseded = _superseded(refresh)
    agent.pages.exclude(pk__in=refresh.kept.order_by()).update(agent=superseded)
    Chunk.objects.filter(agent=agent, page__agent=superseded).update(agent=superseded)
    _bring_up_to_date(refresh)
    draft.pages.filter(keeps=None).update(agent=agent)
    draft.chunks.update(agent=agent)
    if draft.provider_agent_id:
        agent.provider_agent_id = draft.provider_agent_id
        draft.provider_agent_id = ""
        draft.save(update_fields=["provider_agent_id"])
    drop(AgentRecord.objects.filter(pk=draft.pk))


def _superseded(refresh: Refresh) -> AgentRecord:
    """A record for what is left of the last version: it goes like a deleted agent.

    That is also how an agent goes that stood at the provider for the last version.
    """
    agent, is_replaced = refresh.agent, bool(refresh.draft.provider_agent_id)
    return AgentRecord.objects.create(
        owner_id=agent.owner_id,
        status=AgentStatus.DELETING,
        name=agent.name,
        provider=agent.provider,
        provider_agent_id=agent.provider_agent_id if is_replaced else "",
        removal_due_at=timezone.now() if is_replaced else None,
    )


def _point_duplicates_at_kept_pages(draft: AgentRecord) -> None:
    """The draft's page that is kept in a duplicate's place may itself only stand for another."""
    kept = Page.objects.filter(pk=OuterRef("duplicate_of")).values("keeps")
    draft.pages.filter(duplicate_of__keeps__isnull=False).update(duplicate_of=Subquery(kept))


def _bring_up_to_date(refresh: Refresh) -> None:
    """Write down of the kept pages what the crawl has seen of them."""
    refresh.kept.order_by().update(position=F("position") + ASIDE)
    draft_id = Page._meta.get_field("agent").get_db_prep_value(refresh.draft.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(_BRING_UP_TO_DATE, [draft_id])
    sent = PageContent.objects.filter(page__agent=refresh.draft, links__isnull=False)
    theirs = sent.filter(page__keeps=OuterRef("page"))
    PageContent.objects.filter(page__in=sent.values("page__keeps")).update(
        raw=Subquery(theirs.values("raw")[:1]), links=Subquery(theirs.values("links")[:1])
    )
