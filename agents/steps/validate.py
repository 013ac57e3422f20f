"""Step 1: the inputs are checked once more, where the work happens, and the record is begun."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model

from agents import params
from agents.documents.store import missing
from agents.models import AgentRecord
from agents.steps.start_over import set_aside
from tasks.context import StepContext
from tasks.errors import InvalidParams, PermanentError
from tasks.outbound.guard import AddressGuard, BlockedAddress
from tasks.outbound.transport import GuardedResolver

LOOK_UP_SECONDS = 5.0
"""A name server that takes longer does not hold up the build: such a host fails as a page."""


async def validate(ctx: StepContext) -> dict[str, Any]:
    """Normalize the parameters, refuse hosts in private networks, and begin the agent's record.

    Returns:
        `{"agent_id", "params"}`: the record's id, and the parameters that the later steps use.

    Raises:
        PermanentError: the parameters are not acceptable; the message names each field.
    """
    try:
        cleaned = params.clean(ctx.params)
    except InvalidParams as error:
        raise PermanentError(str(error), code="invalid_params") from error
    await ctx.in_thread(_refuse_missing, ctx.owner_id, cleaned["documents"])
    await refuse_private(urlsplit(url).hostname or "" for url in cleaned["urls"])
    agent_id = await ctx.in_thread(_begin_record, ctx, cleaned)
    return {"agent_id": agent_id, "params": cleaned}


def _refuse_missing(owner_id: int, documents: list[str]) -> None:
    """Refuse documents that the owner may not use, or that were deleted meanwhile."""
    owner = get_user_model().objects.get(pk=owner_id)
    if gone := missing(owner, documents):
        raise PermanentError(
            f"documents.{gone[0]}: There is no such document. Upload it, and start a new build.",
            code="no_such_document",
        )


async def refuse_private(hosts: Iterable[str]) -> None:
    """Refuse a host whose every address is private. One that does not resolve fails as a page."""
    resolver = GuardedResolver(AddressGuard(settings.AGENTFORGE_CRAWL_ALLOW_PRIVATE))
    try:
        await asyncio.gather(*(_look_up(resolver, host) for host in sorted(set(hosts))))
    finally:
        await resolver.close()


async def _look_up(resolver: GuardedResolver, host: str) -> None:
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            await resolver.resolve(host)
    except BlockedAddress as error:
        raise PermanentError(f"urls: {error}", code="private_address") from error
    except OSError:
        return


def _begin_record(ctx: StepContext, cleaned: dict[str, Any]) -> str:
    """The record of this task's agent, empty: a build from the start must not find old pages."""
    with ctx.transaction():
        agent, _ = AgentRecord.objects.get_or_create(
            build_task_id=ctx.task_id, defaults={"owner_id": ctx.owner_id}
        )
        set_aside(agent)
        agent.name = cleaned["name"]
        agent.source = {key: value for key, value in cleaned.items() if key != "name"}
        agent.provider = cleaned["provider"]
        agent.save()
    ctx.log(_summary(cleaned))
    return str(agent.pk)


def _summary(cleaned: dict[str, Any]) -> str:
    urls, documents = len(cleaned["urls"]), len(cleaned["documents"])
    counts = [
        f"{urls} {'address' if urls == 1 else 'addresses'}" if urls else "",
        f"{documents} {'document' if documents == 1 else 'documents'}" if documents else "",
    ]
    limit = f", at most {cleaned['max_pages']} pages" if urls else ""
    return f"{' and '.join(filter(None, counts))} to start from{limit}."
