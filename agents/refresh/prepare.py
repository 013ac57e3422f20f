"""Step 1 of a refresh: the agent's sources are checked as they were for its build, and the draft of
the next version is begun."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth import get_user_model

from agents.models import DOCUMENT_SCHEME, AgentRecord, AgentStatus, Page, PageStatus
from agents.refresh.draft import deleted_meanwhile, drop
from agents.refresh.params import plan_of
from agents.refresh.request import CannotRefresh, locked, take
from agents.steps.validate import refuse_private
from tasks import permissions
from tasks.acts import Act
from tasks.context import StepContext
from tasks.errors import InvalidParams, PermanentError

_FIELDS_OF_DOCUMENT = (
    *("url", "position", "title", "description", "language", "content_hash", "content_type"),
    *("published", "bytes", "fetched_at", "document_id", "reason_code", "reason"),
)


async def prepare(ctx: StepContext) -> dict[str, Any]:
    """Begin the next version of the agent.

    Returns:
        `{"agent_id", "params", "refreshes", "version"}`: the draft's id, the parameters of the
        crawl, the agent's id, and the number of the next version.

    Raises:
        PermanentError: the agent is gone, or is being refreshed by another task, or its sources
            are not acceptable any more.
    """
    begun = await ctx.in_thread(_begin, ctx)
    await refuse_private(urlsplit(url).hostname or "" for url in begun["params"]["urls"])
    return begun


def _begin(ctx: StepContext) -> dict[str, Any]:
    with ctx.transaction():
        agent = _take(ctx)
        plan = _plan(agent)
        others = agent.drafts.exclude(build_task=ctx.task_id)
        drop(others.filter(status=AgentStatus.BUILDING))
        draft, _ = AgentRecord.objects.get_or_create(
            build_task_id=ctx.task_id,
            defaults={"owner_id": agent.owner_id, "refreshes": agent, "provider": agent.provider},
        )
        # A refresh from the start must not find what an earlier run of it has fetched.
        draft.pages.all().delete()
        draft.name = agent.name
        draft.source = agent.source
        draft.save()
        _keep_documents(draft, agent)
    ctx.log(f"Looking for changes since version {agent.version} of {agent.page_count} pages.")
    return {
        "agent_id": str(draft.pk),
        "params": plan,
        "refreshes": str(agent.pk),
        "version": agent.version + 1,
    }


def _take(ctx: StepContext) -> AgentRecord:
    """The agent, which this task alone refreshes from now on."""
    owner = get_user_model().objects.get(pk=ctx.owner_id)
    try:
        agent = locked(UUID(ctx.params["agent_id"]))
        if not permissions.may(owner, Act.REFRESH, agent):
            raise deleted_meanwhile()
        take(agent, ctx.task_id)
    except AgentRecord.DoesNotExist as error:
        raise deleted_meanwhile() from error
    except CannotRefresh as error:
        raise PermanentError(str(error), code=error.code) from error
    return agent


def _plan(agent: AgentRecord) -> dict[str, Any]:
    try:
        return plan_of(agent)
    except InvalidParams as error:
        raise PermanentError(
            f"The agent's sources are not allowed any more. {error}", code="invalid_params"
        ) from error


def _keep_documents(draft: AgentRecord, agent: AgentRecord) -> None:
    """Uploaded files do not change. They take part: a page may hold the same as one of them."""
    documents = agent.pages.filter(url__startswith=DOCUMENT_SCHEME)
    Page.objects.bulk_create(
        Page(
            agent=draft,
            keeps=document,
            status=kept_status(document),
            **{name: getattr(document, name) for name in _FIELDS_OF_DOCUMENT},
        )
        for document in documents
    )


def kept_status(page: Page) -> str:
    """What a page with the same content begins as: which are duplicates is found out anew."""
    return PageStatus.EXTRACTED if page.status == PageStatus.DUPLICATE else page.status
