"""The same content under several URLs is kept once, with the page that was found first."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Left

from agents.models import AgentRecord, Chunk, Page, PageStatus

_READ = (PageStatus.EXTRACTED, PageStatus.DUPLICATE)


def drop_duplicates(agent: AgentRecord) -> None:
    """Mark each page whose content an earlier one holds, and delete its chunks.

    Pages are read in parallel and in any order, so it is only known now which was found first.
    Doing it again changes nothing.
    """
    first = _first_with_the_content_of(agent)
    reason = Concat(Value("It holds the same content as "), Subquery(first.values("url")))
    copies = agent.pages.filter(status__in=_READ, position__gt=Subquery(first.values("position")))
    copies.update(
        status=PageStatus.DUPLICATE,
        duplicate_of=Subquery(first.values("pk")),
        reason_code="same_content",
        reason=Left(reason, 500),
    )
    Chunk.objects.filter(page__agent=agent, page__status=PageStatus.DUPLICATE).delete()


def _first_with_the_content_of(agent: AgentRecord) -> QuerySet[Page, Any]:
    """In a query over pages: the first page that was read and has the same content."""
    same = Page.objects.filter(
        agent=agent, status=PageStatus.EXTRACTED, content_hash=OuterRef("content_hash")
    )
    return same.order_by("position")[:1]
