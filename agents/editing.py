"""Changing what a ready agent says of itself, at its provider and here."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from agents.models import AgentRecord, AgentStatus
from agents.providers.registry import provider
from agents.spec import spec_of
from tasks import audit, permissions
from tasks.acts import Act

logger = logging.getLogger(__name__)


def edit(agent_id: UUID, changes: dict[str, Any], by: Any) -> AgentRecord:
    """Change these fields of the agent, and no others: at its provider first, then here.

    Only a ready agent can be changed. No build writes to it any more, so none undoes the change.

    Args:
        changes: values that `agents.changes` has checked, by field.
        by: the user who asked for it, or the name of a program of ours.

    Raises:
        AgentRecord.DoesNotExist: there is no such agent, or it is not ready.
        NotAllowed: it is somebody else's, and `by` has not the permission.
        ProviderError: the provider refused or failed, and nothing was changed here.
        UnknownProvider: the agent's provider is not installed any more.
    """
    while True:
        agent = AgentRecord.objects.ready().select_related("owner").get(pk=agent_id)
        permissions.require(by, Act.CHANGE, agent)
        if not changes:
            return agent
        read_at = agent.updated_at
        for field, value in changes.items():
            setattr(agent, field, value)
        provider(agent.provider).update(agent.provider_agent_id, spec_of(agent))
        agent.updated_at = timezone.now()
        # The provider gets all fields. Had somebody else changed one since it was read, the old
        # value would be there now: then it is done again with what stands here. The guard names
        # columns of this row only: after a wait, PostgreSQL looks at those again, not at a join.
        same = AgentRecord.objects.filter(pk=agent_id, status=AgentStatus.READY, updated_at=read_at)
        with transaction.atomic():
            is_changed = same.update(**changes, updated_at=agent.updated_at)
            if is_changed:
                audit.record(by, Act.CHANGE, agent, fields=sorted(changes))
        if is_changed:
            logger.info("%s changed %s of the agent %s.", by, ", ".join(changes), agent_id)
            return agent
