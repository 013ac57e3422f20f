"""Step 3: every fetched page becomes Markdown and chunks; the same content is kept once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from agents.models import AgentRecord, Chunk, Page, PageContent, PageStatus
from agents.steps.built_agent import built_agent
from agents.steps.reading import UNREADABLE, Reading, read_page
from tasks.context import StepContext
from tasks.errors import PermanentError

PAGES_AT_ONCE = 20
"""Pages of one transaction: what a crash makes the next attempt read again."""

_OUTCOME_FIELDS = [
    "status",
    "reason_code",
    "reason",
    "title",
    "description",
    "language",
    "content_hash",
    "duplicate_of",
]


def extract(ctx: StepContext) -> dict[str, Any]:
    """Read the pages that no earlier attempt has read.

    Returns:
        `{"pages", "chunks", "tokens"}` of the agent's knowledge.

    Raises:
        PermanentError: no page holds any text.
    """
    agent = built_agent(ctx)
    for batch in _unread(agent):
        readings = []
        for page in batch:
            ctx.checkpoint()
            readings.append(read_page(page))
        _mark_duplicates(agent, readings)
        with ctx.transaction():
            _save(readings)
            _report(ctx, agent)
        _log_failures(ctx, readings)
    return _knowledge(ctx, agent)


def _unread(agent: AgentRecord) -> Iterator[list[Page]]:
    fetched = agent.pages.filter(status=PageStatus.FETCHED).order_by("position")
    while batch := list(fetched.select_related("content")[:PAGES_AT_ONCE]):
        yield batch


def _mark_duplicates(agent: AgentRecord, readings: Sequence[Reading]) -> None:
    """The page that was found first keeps the content, whichever was read first."""
    hashes = {reading.page.content_hash for reading in readings if reading.passages}
    kept = agent.pages.filter(status=PageStatus.EXTRACTED, content_hash__in=hashes)
    first = {page.content_hash: page for page in kept}
    for reading in readings:
        page = reading.page
        if not reading.passages:
            continue
        original = first.setdefault(page.content_hash, page)
        if original is not page:
            page.status = PageStatus.DUPLICATE
            page.duplicate_of = original
            page.reason_code = "same_content"
            page.reason = f"It holds the same content as {original.url}"[:500]
            reading.passages = []


def _save(readings: Sequence[Reading]) -> None:
    Page.objects.bulk_update([reading.page for reading in readings], _OUTCOME_FIELDS)
    contents = []
    for reading in readings:
        reading.page.content.markdown = reading.markdown
        contents.append(reading.page.content)
    PageContent.objects.bulk_update(contents, ["markdown"])
    Chunk.objects.bulk_create(chunk for reading in readings for chunk in reading.chunks())


def _report(ctx: StepContext, agent: AgentRecord) -> None:
    pages = _with_content(agent).aggregate(
        total=Count("pk"), unread=Count("pk", filter=Q(status=PageStatus.FETCHED))
    )
    done, total = pages["total"] - pages["unread"], pages["total"]
    chunks = agent.chunks.count()
    ctx.progress(done, total, f"{done} of {total} pages read, {chunks} chunks")


def _with_content(agent: AgentRecord) -> QuerySet[Page]:
    return agent.pages.filter(content__isnull=False)


def _log_failures(ctx: StepContext, readings: Sequence[Reading]) -> None:
    for reading in readings:
        if reading.page.reason_code == UNREADABLE:
            ctx.log(f"{reading.page.url}: {reading.page.reason}", level="warning")


def _knowledge(ctx: StepContext, agent: AgentRecord) -> dict[str, Any]:
    totals = agent.chunks.aggregate(
        chunks=Count("pk"), tokens=Sum("token_count"), pages=Count("page", distinct=True)
    )
    if not totals["chunks"]:
        raise PermanentError(
            f"None of the {_with_content(agent).count()} pages that were fetched holds text that "
            "an agent could learn from. Check that the addresses show their text without "
            "JavaScript, or start at other pages.",
            code="no_knowledge",
        )
    ctx.log(f"{totals['pages']} pages gave {totals['chunks']} chunks, {totals['tokens']} tokens.")
    return {"pages": totals["pages"], "chunks": totals["chunks"], "tokens": totals["tokens"]}
