"""The agent's pages as the crawl of a refresh needs them: what is known, and where they lead."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from uuid import UUID

from agents.crawl.earlier import Seen
from agents.crawl.links import PageLinks
from agents.crawl.validators import Validators
from agents.models import CONTENT, DOCUMENT_SCHEME, Page, PageContent
from tasks.context import StepContext

_KNOWN = (
    *("url", "status", "final_url", "canonical_url", "http_status", "content_type", "bytes"),
    *("body_hash", "etag", "last_modified", "content_hash", "fetched_at"),
)


def known_pages(agent_id: UUID) -> dict[str, Page]:
    """The agent's pages from the web whose content is here, by their URLs."""
    pages = Page.objects.filter(agent=agent_id, status__in=CONTENT)
    web = pages.exclude(url__startswith=DOCUMENT_SCHEME)
    return {page.url: page for page in web.order_by().only(*_KNOWN).iterator()}


class EarlierPages:
    """See `agents.crawl.earlier.Earlier`.

    Args:
        ctx: of the step; its database thread reads links, a page at a time.
        pages: the known pages by URL.
    """

    def __init__(self, ctx: StepContext, pages: Mapping[str, Page]) -> None:
        self._ctx = ctx
        self._pages = pages

    def seen(self, url: str) -> Seen | None:
        page = self._pages.get(url)
        # A page that was built before links were kept must be sent once more: it leads somewhere.
        if page is None or not page.body_hash:
            return None
        return Seen(page.final_url or url, Validators(page.etag, page.last_modified))

    async def links(self, url: str) -> PageLinks:
        page = self._pages.get(url)
        if page is None:
            return PageLinks([])
        return await self._ctx.in_thread(_links, page)


def _links(page: Page) -> PageLinks:
    packed = PageContent.objects.filter(page=page).values_list("links", flat=True).first()
    urls = zlib.decompress(packed).decode().split("\n") if packed else []
    return PageLinks(list(filter(None, urls)), canonical=page.canonical_url)
