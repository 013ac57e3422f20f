"""Reads one fetched page: its text, its passages, and whether another page says the same."""

from __future__ import annotations

import hashlib
import logging
import zlib
from dataclasses import dataclass, field

from django.conf import settings

from agents.documents.pages import body_of
from agents.knowledge.chunks import Passage, split
from agents.knowledge.files.limits import Limits
from agents.knowledge.files.read import read_file
from agents.knowledge.files.unreadable import NO_TEXT_LAYER, UNSUPPORTED, Unreadable
from agents.knowledge.links import without_site_links
from agents.models import Chunk, Page, PageStatus

PAGES_AT_ONCE = 50
"""So many make a batch at most: what a crash makes another worker read again."""

logger = logging.getLogger(__name__)

_STATUSES = {NO_TEXT_LAYER: PageStatus.EMPTY, UNSUPPORTED: PageStatus.SKIPPED}
"""Of a file that is unreadable for one of these reasons; for any other it has failed."""


@dataclass(slots=True)
class Reading:
    """What reading a page gave; `page` carries its outcome, not saved yet."""

    page: Page
    markdown: str = ""
    passages: list[Passage] = field(default_factory=list)

    def chunks(self) -> list[Chunk]:
        """The rows of its passages, not saved yet."""
        return [
            Chunk(
                agent_id=self.page.agent_id,
                page=self.page,
                position=passage.position,
                heading_path=list(passage.heading_path),
                text=passage.text,
                token_count=passage.token_count,
            )
            for passage in self.passages
        ]


def read_page(page: Page) -> Reading:
    """Read a page that was fetched. What is wrong with it becomes its status and reason."""
    try:
        return _read(page)
    except Unreadable as error:
        page.status = _STATUSES.get(error.code, PageStatus.FAILED)
        page.reason_code, page.reason = error.code, error.reason[:500]
        return Reading(page)
    except Exception:
        # Whatever a parser stumbles over on one page must not cost the agent all the others.
        logger.exception("page %s could not be read", page.url)
        page.status = PageStatus.FAILED
        page.reason_code = "unreadable"
        page.reason = "The page was fetched, but its content is damaged and could not be read."
        return Reading(page)


def _read(page: Page) -> Reading:
    address = page.final_url or page.url
    body = body_of(page) if page.is_document else zlib.decompress(page.content.raw or b"")
    document = read_file(body, page.content_type, address, _limits())
    passages = passages_of(document.markdown, document.title, address)
    page.title = document.title
    page.description = document.description
    page.language = document.language
    page.published = document.published
    page.content_hash = hashlib.sha256(document.markdown.encode()).hexdigest()
    page.status = PageStatus.EXTRACTED if passages else PageStatus.EMPTY
    if document.note:
        page.reason_code, page.reason = "read_in_part", document.note
    if not passages and not page.reason:
        page.reason_code, page.reason = "no_text", "The page holds no text."
    return Reading(page, document.markdown, passages)


def passages_of(markdown: str, title: str, address: str) -> list[Passage]:
    """The passages of a page with this content, as the settings say.

    Args:
        address: where the page stands: links within its site are no knowledge.
    """
    return split(
        without_site_links(markdown, address),
        title=title,
        max_tokens=settings.AGENTFORGE_CHUNK_TOKENS,
        overlap=settings.AGENTFORGE_CHUNK_OVERLAP,
    )


def _limits() -> Limits:
    return Limits(
        pages=settings.AGENTFORGE_DOCUMENT_MAX_PAGES,
        characters=settings.AGENTFORGE_DOCUMENT_MAX_TEXT,
        seconds=settings.AGENTFORGE_DOCUMENT_SECONDS,
        memory_bytes=settings.AGENTFORGE_DOCUMENT_MEMORY_MB * 1_000_000,
    )
