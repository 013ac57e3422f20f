"""The same content under several URLs is kept once: with the page that the site names as the
canonical one, and otherwise with the one that was found first."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat, Left

from agents.models import AgentRecord, Chunk, Page, PageStatus

_READ = (PageStatus.EXTRACTED, PageStatus.DUPLICATE)
CANONICAL = "canonical"
SAME_CONTENT = "same_content"


def drop_duplicates(agent: AgentRecord) -> None:
    """Mark each page that stands for another, and delete its chunks.

    Pages are read in parallel and in any order, so it is only known now which there are.
    Doing it again changes nothing.
    """
    _mark_those_with_a_canonical_page(agent)
    _mark_copies(agent)
    Chunk.objects.filter(page__agent=agent, page__status=PageStatus.DUPLICATE).delete()


def _mark_those_with_a_canonical_page(agent: AgentRecord) -> None:
    """A name is believed if that page was read, and names no further one itself: two that name
    each other are both kept."""
    named = Page.objects.filter(
        agent=agent, url=OuterRef("canonical_url"), status=PageStatus.EXTRACTED, canonical_url=""
    ).order_by("position")[:1]
    pages = agent.pages.filter(status=PageStatus.EXTRACTED).exclude(canonical_url="")
    _mark(
        pages.annotate(named=Subquery(named.values("pk"))).filter(named__isnull=False),
        named,
        CANONICAL,
        "Its site names as the page with this content ",
    )


def _mark_copies(agent: AgentRecord) -> None:
    # A refresh may find pages in another order. The page that was kept is kept again.
    was_kept = Case(When(keeps__status=PageStatus.EXTRACTED, then=0), default=1)
    first = Page.objects.filter(
        agent=agent, status=PageStatus.EXTRACTED, content_hash=OuterRef("content_hash")
    ).order_by(was_kept, "position")[:1]
    pages = agent.pages.filter(status__in=_READ).exclude(reason_code=CANONICAL)
    _mark(
        pages.annotate(first=Subquery(first.values("pk"))).filter(~Q(pk=F("first"))),
        first,
        SAME_CONTENT,
        "It holds the same content as ",
    )


def _mark(pages: QuerySet[Page], kept: QuerySet[Page, Any], code: str, sentence: str) -> None:
    """Make each of `pages` a duplicate of what the subquery `kept` finds for it."""
    pages.update(
        status=PageStatus.DUPLICATE,
        duplicate_of=Subquery(kept.values("pk")),
        reason_code=code,
        reason=Left(Concat(Value(sentence), Subquery(kept.values("url"))), 500),
    )
