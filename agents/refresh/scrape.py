"""Step 2 of a refresh: the scope of the build is crawled again, and only what has changed since is
fetched in full."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from agents.crawl.batch import Outcome
from agents.crawl.crawler import GONE
from agents.crawl.rendering.rendering import NOT_RENDERED
from agents.crawl.results import FetchResult
from agents.models import Page, PageStatus
from agents.refresh.draft import refresh_of
from agents.refresh.earlier import EarlierPages, known_pages
from agents.refresh.prepare import kept_status
from agents.steps.page_store import PageStore
from agents.steps.scrape import Scrape
from tasks.context import StepContext


async def scrape_changes(ctx: StepContext) -> dict[str, Any]:
    """Fetch every page within scope that has changed. Executed again, it goes on.

    Returns:
        `{"pages", "failed", "skipped"}`: how many URLs are there, failed, or were left out.

    Raises:
        PermanentError: `no_pages`, or `too_many_failures`.
    """
    refresh = await ctx.in_thread(refresh_of, ctx)
    known = await ctx.in_thread(known_pages, refresh.agent.pk)
    store = DraftStore(refresh.draft.pk, known)
    earlier = EarlierPages(ctx, known)
    plan = ctx.outputs["validate"]["params"]
    return await Scrape(ctx, refresh.draft.pk, plan, store, earlier).execute()


class DraftStore(PageStore):
    """The pages of a draft. One that is as it was is no work for the steps that follow.

    Args:
        known: the pages of the agent that is refreshed, by URL.
    """

    def __init__(self, draft_id: UUID, known: dict[str, Page]) -> None:
        super().__init__(draft_id)
        self._known = known

    @property
    def failed(self) -> int:
        """Without those that are gone: to leave is no failure."""
        return self.pages.filter(status=PageStatus.FAILED).exclude(http_status__in=GONE).count()

    def _fetched(self, outcome: Outcome) -> Page:
        page = super()._fetched(outcome)
        known = self._known.get(page.url)
        if known and is_same(outcome.result, page, known):
            keep(page, known)
        elif known and known.rendered and page.reason_code == NOT_RENDERED:
            # Without its scripts it seems empty, which it was not: it could not be reached.
            page.status, page.body_hash = PageStatus.FAILED, ""
        return page


def is_same(result: FetchResult, page: Page, known: Page) -> bool:
    """Whether the body is the one that was read: nothing of it needs to be read again."""
    if not result.is_fetched or page.final_url != known.final_url:
        return False
    return result.is_unchanged or page.body_hash == known.body_hash


def keep(page: Page, known: Page) -> None:
    """Let the draft's page stand for the known one, with whose content it goes on."""
    page.keeps = known
    page.status = kept_status(known)
    page.content_hash = known.content_hash
    for name in ("http_status", "content_type", "bytes", "body_hash"):
        setattr(page, name, getattr(known, name))
