"""Step 3 of a refresh: pages that were sent anew are read, and what is the same after all is kept.

The reading is that of a build, in batches. Then it is known of every page of the draft whether its
content is new, and the same content is kept once, as a build keeps it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from agents.crawl.crawler import GONE
from agents.models import CONTENT, DOCUMENT_SCHEME, Chunk, Page, PageContent, PageStatus
from agents.refresh.draft import Refresh, refresh_of
from agents.refresh.prepare import kept_status
from agents.rows import insert_each
from agents.steps.duplicates import drop_duplicates
from agents.steps.reading import Reading, passages_of
from tasks.context import StepContext
from tasks.errors import PermanentError

_STAY_AS_THEY_WERE = (
    *("final_url", "canonical_url", "http_status", "content_type", "bytes", "body_hash", "etag"),
    *("last_modified", "content_hash", "fetched_at", "rendered"),
)
_FOUND_IN_CONTENT = ("title", "description", "language", "published")


@dataclass(frozen=True, slots=True)
class Changes:
    """How the pages of the next version differ from those of the last. Documents do not count."""

    pages_new: int
    pages_changed: int
    pages_unchanged: int
    pages_gone: int
    pages_read: int

    def __str__(self) -> str:
        return (
            f"{self.pages_changed} pages changed, {self.pages_new} new, {self.pages_gone} gone, "
            f"{self.pages_unchanged} unchanged; {self.pages_read} read."
        )


def compare(ctx: StepContext) -> dict[str, Any]:
    """When all pages are read: find out what has changed.

    Returns:
        The numbers of `Changes`.

    Raises:
        PermanentError: no page holds any text any more.
    """
    refresh = refresh_of(ctx)
    with ctx.transaction():
        # Before any of them is found to be the same.
        read = _with_content(refresh.draft.pages.all()).filter(keeps=None).count()
        if unreached := _keep_unreached(refresh):
            message = f"{unreached} pages could not be fetched and stay as they were."
            ctx.log(message, level="warning")
        _keep_same_content(refresh)
        changes = _changes(refresh, read)
        drop_duplicates(refresh.draft)
        _detach(refresh)
        _refuse_nothing(refresh)
        ctx.log(str(changes))
        # What is found now would not be found by another attempt.
        ctx.succeed(asdict(changes))
    return asdict(changes)


def _refuse_nothing(refresh: Refresh) -> None:
    if not refresh.chunks.exists():
        raise PermanentError(
            "No page holds text any more that an agent could learn from, so the agent stays as it "
            "is. Look at its websites, or build another agent from others.",
            code="no_knowledge",
        )


def _with_content(pages: QuerySet[Page]) -> QuerySet[Page]:
    web = pages.exclude(url__startswith=DOCUMENT_SCHEME)
    return web.filter(status__in=CONTENT).order_by()


def _same_url(refresh: Refresh) -> QuerySet[Page]:
    """As a subquery: the agent's page of the same URL, if its content is here."""
    return _with_content(Page.objects.filter(agent=refresh.agent, url=OuterRef("url")))


def _keep_unreached(refresh: Refresh) -> int:
    """A page that could not be fetched just now is no page that is gone: how many there are."""
    failed = refresh.draft.pages.filter(status=PageStatus.FAILED).exclude(http_status__in=GONE)
    known = _with_content(refresh.agent.pages.filter(url__in=failed.values("url")))
    known_by_url = {page.url: page for page in known}
    pages = list(failed.filter(url__in=known.values("url")))
    for page in pages:
        before = known_by_url[page.url]
        page.keeps, page.status = before, kept_status(before)
        page.reason_code = "not_refreshed"
        page.reason = f"It stays as it was: {page.reason}"[:500]
        for name in _STAY_AS_THEY_WERE:
            setattr(page, name, getattr(before, name))
    fields = ["keeps", "status", "reason_code", "reason", *_STAY_AS_THEY_WERE]
    Page.objects.bulk_update(pages, fields, batch_size=200)
    return len(pages)


def _keep_same_content(refresh: Refresh) -> None:
    """Another body may hold the same text: a date in its footer is no knowledge."""
    same = _same_url(refresh).filter(
        content_hash=OuterRef("content_hash"),
        title=OuterRef("title"),
        final_url=OuterRef("final_url"),
    )
    read = refresh.draft.pages.filter(keeps=None, status__in=CONTENT)
    read.annotate(same=Subquery(same.values("pk"))).filter(same__isnull=False).update(
        keeps=Subquery(same.values("pk"))
    )
    Chunk.objects.filter(agent=refresh.draft, page__keeps__isnull=False).delete()


def _changes(refresh: Refresh, read: int) -> Changes:
    present = _with_content(refresh.draft.pages.all())
    unchanged = present.filter(keeps__isnull=False).count()
    changed = present.filter(
        keeps=None, url__in=_with_content(refresh.agent.pages.all()).values("url")
    )
    changes = changed.count()
    gone = _with_content(refresh.agent.pages.all()).exclude(url__in=present.values("url"))
    return Changes(
        pages_new=present.count() - unchanged - changes,
        pages_changed=changes,
        pages_unchanged=unchanged,
        pages_gone=gone.count(),
        pages_read=read,
    )


def _detach(refresh: Refresh) -> None:
    """A page with the same content that is a duplicate now, or no duplicate any more, cannot go on
    with the chunks that it had: it becomes a page of its own."""
    kept = refresh.draft.pages.filter(keeps__isnull=False)
    contents = PageContent.objects.select_related("page")
    for page in list(kept.exclude(status=F("keeps__status"))):
        content = contents.get(page=page.keeps_id)
        for name in _FOUND_IN_CONTENT:
            setattr(page, name, getattr(content.page, name))
        page.keeps = None
        page.save()
        PageContent.objects.update_or_create(
            page=page, defaults={"markdown": content.markdown, "links": content.links}
        )
        if page.status == PageStatus.EXTRACTED:
            address = page.final_url or page.url
            passages = passages_of(content.markdown, page.title, address)
            insert_each(Reading(page, content.markdown, passages).chunks())
