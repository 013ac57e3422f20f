"""A build from the start: its pages are new, but what an earlier run has fetched is not sent again
unless it has changed."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.crawl.batch import Outcome
from agents.crawl.earlier import Seen
from agents.crawl.faults import failed
from agents.crawl.links import PageLinks
from agents.crawl.rendering.rendering import NOT_RENDERED
from agents.crawl.validators import Validators
from agents.models import CONTENT, AgentRecord, AgentStatus, Page, PageContent, PageStatus
from agents.steps.page_store import PageStore
from tasks.context import StepContext

KEPT_FOR = timedelta(hours=2)
"""What an earlier run has fetched goes after this, if no crawl has come to its end by then."""

READ_AT_ONCE = 200
"""Pages whose links are read together."""

_KNOWN = (
    *("url", "final_url", "content_type", "canonical_url", "etag", "last_modified", "rendered"),
    "reason_code",
)
_LOST = failed(
    "not_sent", "The server did not send the page again, and what was here of it has gone."
)


def set_aside(agent: AgentRecord) -> None:
    """Take all pages and chunks away from the draft of a build, within a transaction.

    They stand with a record of their own, which goes like a deleted agent once the crawl is over.
    """
    if not agent.pages.exists():
        return
    aside = AgentRecord.objects.create(
        owner_id=agent.owner_id,
        status=AgentStatus.DELETING,
        refreshes=agent,
        name=agent.name,
        provider=agent.provider,
        removal_due_at=timezone.now() + KEPT_FOR,
    )
    agent.pages.update(agent=aside)
    agent.chunks.update(agent=aside)


def fetched_before(agent_id: UUID) -> dict[str, Page]:
    """The pages that are set aside whose bodies are here, by their URLs."""
    pages = Page.objects.filter(
        agent__refreshes=agent_id,
        agent__status=AgentStatus.DELETING,
        status__in=(PageStatus.FETCHED, *CONTENT),
        content__raw__isnull=False,
    )
    known = pages.only(*_KNOWN)
    return {page.url: page for page in known.order_by("pk").iterator()}


def drop_aside(agent_id: UUID) -> None:
    """Let go of what was set aside."""
    aside = AgentRecord.objects.filter(refreshes=agent_id, status=AgentStatus.DELETING)
    aside.update(removal_due_at=None)


class FetchedBefore:
    """See `agents.crawl.earlier.Earlier`.

    Args:
        ctx: of the step; its database thread reads links, those of many pages at a time.
        pages: by URL.
    """

    def __init__(self, ctx: StepContext, pages: dict[str, Page]) -> None:
        self._ctx = ctx
        self._pages = pages
        self._ids = sorted(page.pk for page in pages.values())
        self._packed: dict[int, Any] = {}

    def seen(self, url: str) -> Seen | None:
        page = self._pages.get(url)
        if page is None or needs_scripts(page):
            return None
        return Seen(page.final_url or url, Validators(page.etag, page.last_modified))

    async def links(self, url: str) -> PageLinks:
        page = self._pages.get(url)
        if page is None:
            return PageLinks([])
        if page.pk not in self._packed:
            self._packed |= await self._ctx.in_thread(self._read_on, page.pk)
        packed = self._packed.pop(page.pk, None)
        urls = zlib.decompress(packed).decode().split("\n") if packed else []
        return PageLinks(list(filter(None, urls)), canonical=page.canonical_url)

    def _read_on(self, page_id: int) -> dict[int, Any]:
        """The links of this page and of those after it, which are likely to be asked for next: a
        thread that is asked for each page waits for the interpreter longer than for the row."""
        start = bisect_left(self._ids, page_id)
        some = self._ids[start : start + READ_AT_ONCE]
        return dict(PageContent.objects.filter(page__in=some).values_list("page", "links"))


def needs_scripts(page: Page) -> bool:
    """Whether its scripts bring what it holds: that may change while its own body does not."""
    return page.rendered or page.reason_code == NOT_RENDERED


class StartOverStore(PageStore):
    """The pages of a build from the start. A body that was not sent again is the earlier one.

    Args:
        known: the pages of an earlier run by URL.
    """

    def __init__(self, agent_id: UUID, known: dict[str, Page]) -> None:
        super().__init__(agent_id)
        self._known = known

    def save(self, outcomes: list[Outcome]) -> list[int]:
        unsent = [outcome for outcome in outcomes if outcome.result.is_unchanged]
        bodies = self._bodies(unsent)
        return super().save([_whole(outcome, self._known, bodies) for outcome in outcomes])

    def _bodies(self, outcomes: Iterable[Outcome]) -> dict[str, bytes]:
        urls = {self._known[outcome.entry.url].pk: outcome.entry.url for outcome in outcomes}
        raw = PageContent.objects.filter(page__in=urls).values_list("page", "raw")
        return {urls[page]: zlib.decompress(body) for page, body in raw if body}


def _whole(outcome: Outcome, known: dict[str, Page], bodies: dict[str, bytes]) -> Outcome:
    url, result = outcome.entry.url, outcome.result
    if not result.is_unchanged:
        return outcome
    if url not in bodies:
        return replace(outcome, result=result.dropped(_LOST))
    content_type = known[url].content_type
    whole = replace(result, http_status=200, content_type=content_type, body=bodies[url])
    return replace(outcome, result=whole)
