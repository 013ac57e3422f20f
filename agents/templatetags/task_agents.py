"""Which of the agents that tasks have built can still be opened."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django import template

from agents.models import AgentRecord, AgentStatus
from tasks.listing import Row

register = template.Library()


@register.simple_tag
def agents_of(rows: Sequence[Row]) -> set[UUID]:
    """The ids of the agents of these rows' tasks that are ready: others are deleted since."""
    ids = {row.task.agent_id for row in rows if row.task.agent_id}
    ready = AgentRecord.objects.filter(pk__in=ids, status=AgentStatus.READY)
    return set(ready.values_list("pk", flat=True))
