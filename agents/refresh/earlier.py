"""The agent's pages as the crawl of a refresh needs them."""

from __future__ import annotations

from uuid import UUID

from agents.crawl.earlier import Seen
from agents.models import CONTENT, DOCUMENT_SCHEME, Page
from agents.steps.start_over import FetchedBefore

_KNOWN = (
    *("url", "status", "final_url", "canonical_url", "http_status", "content_type", "bytes"),
    *("body_hash", "etag", "last_modified", "content_hash", "fetched_at", "rendered"),
    "reason_code",
)


def known_pages(agent_id: UUID) -> dict[str, Page]:
    """The agent's pages from the web whose content is here, by their URLs."""
    pages = Page.objects.filter(agent=agent_id, status__in=CONTENT)
    web = pages.exclude(url__startswith=DOCUMENT_SCHEME)
    return {page.url: page for page in web.order_by().only(*_KNOWN).iterator()}


class EarlierPages(FetchedBefore):
    """The same of the pages that an agent knows."""

    def seen(self, url: str) -> Seen | None:
        # A page that was built before links were kept must be sent once more: it leads somewhere.
        page = self._pages.get(url)
        return super().seen(url) if page and page.body_hash else None
