"""Documents as pages of an agent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote
from uuid import UUID

from django.utils import timezone

from agents.documents.models import Document, DocumentContent
from agents.knowledge.files.unreadable import Unreadable
from agents.models import DOCUMENT_SCHEME, Page, PageContent, PageStatus

FIRST_POSITION = 1_000_000_000
"""Documents stand behind all pages of a crawl, which are numbered while it goes on."""


def take_up(agent_id: UUID, ids: Sequence[str]) -> int:
    """Give each document its row among the agent's pages, unless it has one; none is copied.

    Returns:
        How many documents the agent has rows of.
    """
    documents = Document.objects.in_bulk([UUID(id) for id in ids])
    found = [documents[UUID(id)] for id in ids if UUID(id) in documents]
    rows = [
        Page(
            agent_id=agent_id,
            document=document,
            url=url,
            position=FIRST_POSITION + number,
            status=PageStatus.FETCHED,
            content_type=document.content_type,
            bytes=document.bytes,
            fetched_at=timezone.now(),
        )
        for number, (document, url) in enumerate(zip(found, _urls(found), strict=True))
    ]
    Page.objects.bulk_create(rows, ignore_conflicts=True)
    pages = Page.objects.filter(agent_id=agent_id, url__startswith=DOCUMENT_SCHEME)
    PageContent.objects.bulk_create(
        [PageContent(page=page) for page in pages.filter(content=None)], ignore_conflicts=True
    )
    return pages.count()


def body_of(page: Page) -> bytes:
    """The bytes of the document that the page stands for.

    Raises:
        Unreadable: it was deleted meanwhile.
    """
    bodies = DocumentContent.objects.filter(document=page.document_id)
    body = bodies.values_list("body", flat=True).first() if page.document_id else None
    if body is None:
        reason = "The document was deleted before it was read. Upload it again for a new build."
        raise Unreadable("document_deleted", reason)
    return bytes(body)


def _urls(documents: Sequence[Document]) -> Iterator[str]:
    """`document:` and the name; a number tells apart those of the same name."""
    seen: dict[str, int] = {}
    for document in documents:
        number = seen[document.name] = seen.get(document.name, 0) + 1
        ending = f"?{number}" if number > 1 else ""
        yield f"{DOCUMENT_SCHEME}{quote(document.name, safe='')}{ending}"
