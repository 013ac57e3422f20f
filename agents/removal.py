"""Deleting an agent: it is hidden at once, then removed at its provider, then with its pages.

What one attempt cannot finish, the periodic clean-up does: see `agents.retention`.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.models import AgentRecord, AgentStatus, Page
from agents.providers.base import Provider, ProviderError
from agents.providers.registry import UnknownProvider, provider
from tasks import audit, lifecycle, permissions
from tasks.acts import Act
from tasks.errors import IllegalTransition, TaskNotFound

logger = logging.getLogger(__name__)

SMALL = 1_000
"""An agent of no more chunks than this is removed while whoever deleted it waits."""
PATIENCE = 2.0
"""For so many seconds they wait for its pages to go."""
PAGES_AT_ONCE = 50
AGAIN_AFTER = timedelta(minutes=10)
"""When a provider that has failed is asked again."""


def delete(agent_id: UUID, by: Any) -> None:
    """Take the agent away from everybody, for ever. `remove` does the rest, now or later.

    Args:
        by: the user who asked for it, or the name of a program of ours.

    Raises:
        AgentRecord.DoesNotExist: there is no such agent, or it is not ready.
        NotAllowed: it is somebody else's, and `by` has not the permission.
    """
    now = timezone.now()
    agent = AgentRecord.objects.ready().get(pk=agent_id)
    permissions.require(by, Act.DELETE, agent)
    still_there = AgentRecord.objects.filter(pk=agent.pk, status=AgentStatus.READY)
    with transaction.atomic():
        if not still_there.update(status=AgentStatus.DELETING, removal_due_at=now, updated_at=now):
            raise AgentRecord.DoesNotExist
        audit.record(by, Act.DELETE, agent, pages=agent.page_count, provider=agent.provider)
    logger.info("%s deleted the agent %s.", by, agent_id)
    if agent.refresh_task_id:
        # It may just have ended, or it ends by itself when it finds no agent.
        with suppress(IllegalTransition, TaskNotFound):
            lifecycle.cancel(agent.refresh_task_id, by="The deletion of the agent")


def remove(agent_id: UUID) -> bool:
    """Remove a deleted agent as far as that can be waited for: whether nothing of it is left."""
    agent = AgentRecord.objects.deleted().filter(pk=agent_id).first()
    if agent is None:
        return True
    if agent.chunk_count > SMALL or not remove_at_provider(agent):
        return False
    deadline = time.monotonic() + PATIENCE
    while keys := list(agent.pages.order_by().values_list("pk", flat=True)[:PAGES_AT_ONCE]):
        if time.monotonic() >= deadline:
            return False
        delete_pages(keys)
    agent.delete()
    return True


def remove_at_provider(agent: AgentRecord) -> bool:
    """Remove a deleted agent at its provider, or note when to try again: whether it is gone."""
    due_at: datetime | None = timezone.now() + AGAIN_AFTER
    try:
        forget(provider(agent.provider), agent)
        due_at = None
    except (ProviderError, UnknownProvider) as error:
        logger.warning("The deleted agent %s is still at %s: %s", agent.pk, agent.provider, error)
    except Exception:
        # An error that a provider does not foresee must not hold up the removal of other agents.
        logger.exception("The deleted agent %s is still at %s", agent.pk, agent.provider)
    AgentRecord.objects.filter(pk=agent.pk).update(removal_due_at=due_at)
    return due_at is None


def forget(at: Provider, agent: AgentRecord) -> None:
    """Remove all that the provider has of the agent, also under an id that never reached us.

    Raises:
        ProviderError: the provider refused or failed.
    """
    for found in {agent.provider_agent_id, at.find(agent.pk) or ""} - {""}:
        at.delete(found)


def delete_pages(keys: list[int]) -> int:
    """Delete the pages with their contents and chunks: how many."""
    Page.objects.filter(pk__in=keys).delete()
    return len(keys)
