"""Step 3: every fetched page becomes Markdown and chunks; the same content is kept once.

The pages are read in batches, by every process of every worker; the step ends with what only all of
them together show: which pages hold the same content, and how much there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, QuerySet, Sum

from agents.models import AgentRecord, Page, PageStatus
from agents.rows import insert_each, update_each
from agents.steps.built_agent import built_agent
from agents.steps.duplicates import drop_duplicates
from agents.steps.reading import PAGES_AT_ONCE, Reading, read_page
from tasks.context import StepContext
from tasks.errors import PermanentError
from tasks.fan_out import FanOut

_OUTCOME_FIELDS = [
    "status",
    "reason_code",
    "reason",
    "title",
    "description",
    "language",
    "published",
    "content_hash",
]


def unread_pages(ctx: StepContext) -> Iterable[int]:
    """The ids of the pages that no earlier attempt has read, in the order they were found."""
    return _unread(built_agent(ctx)).values_list("pk", flat=True)


def read_pages(ctx: StepContext, ids: list[int]) -> None:
    """Read those of the pages that are not read yet, and save what they hold."""
    pages = _unread(built_agent(ctx)).filter(pk__in=ids).select_related("content")
    readings = []
    for page in pages:
        ctx.checkpoint()
        readings.append(read_page(page))
    with ctx.transaction():
        _save(readings)
    _log_failures(ctx, readings)


def extract(ctx: StepContext) -> dict[str, Any]:
    """When all pages are read: keep the same content once, and add up what is known.

    Returns:
        `{"pages", "chunks", "tokens"}` of the agent's knowledge.

    Raises:
        PermanentError: no page holds any text.
    """
    agent = built_agent(ctx)
    with ctx.transaction():
        drop_duplicates(agent)
    return _knowledge(ctx, agent)


PAGES = FanOut(
    plan=unread_pages,
    work=read_pages,
    batch_size=PAGES_AT_ONCE,
    least_batches=4,
    details="{done} of {total} pages read",
)


def _unread(agent: AgentRecord) -> QuerySet[Page]:
    return agent.pages.filter(status=PageStatus.FETCHED).order_by("position")


def _save(readings: Sequence[Reading]) -> None:
    update_each([reading.page for reading in readings], _OUTCOME_FIELDS)
    for reading in readings:
        reading.page.content.markdown = reading.markdown
    update_each([reading.page.content for reading in readings], ["markdown"])
    insert_each([chunk for reading in readings for chunk in reading.chunks()])


def _log_failures(ctx: StepContext, readings: Sequence[Reading]) -> None:
    for reading in readings:
        if reading.page.status == PageStatus.FAILED:
            ctx.log(f"{reading.page.url}: {reading.page.reason}", level="warning")


def _knowledge(ctx: StepContext, agent: AgentRecord) -> dict[str, Any]:
    totals = agent.chunks.aggregate(
        chunks=Count("pk"), tokens=Sum("token_count"), pages=Count("page", distinct=True)
    )
    if not totals["chunks"]:
        fetched = agent.pages.filter(content__isnull=False).count()
        raise PermanentError(
            f"None of the {fetched} pages and documents that are here holds text that an agent "
            "could learn from. Check that addresses show their text without JavaScript and that "
            "documents are no scans, or start from others.",
            code="no_knowledge",
        )
    ctx.log(f"{totals['pages']} pages gave {totals['chunks']} chunks, {totals['tokens']} tokens.")
    return {"pages": totals["pages"], "chunks": totals["chunks"], "tokens": totals["tokens"]}
