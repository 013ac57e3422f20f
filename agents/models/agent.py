"""An agent's record: who it is, where it lives, and what may be done with it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from agents.models.newest import among_newest
from tasks.states import State

NAME_LENGTH = 120
"""Characters that the name of an agent may have."""


class AgentStatus(models.TextChoices):
    """Whether an agent may be used."""

    BUILDING = "building", "Building"
    """Its build has not finished; it is shown to nobody."""
    READY = "ready", "Ready"
    """Its knowledge is in place and can be searched and asked."""
    DELETING = "deleting", "Deleting"
    """Somebody deleted it; it is shown to nobody, and what is left of it goes."""


class AgentQuerySet(models.QuerySet["AgentRecord"]):
    """State queries as verbs."""

    def ready(self) -> AgentQuerySet:
        """Those whose build ended in SUCCESS: a cancel may still win after the last step's work."""
        built = models.Q(build_task=None) | models.Q(build_task__state=State.SUCCESS)
        return self.filter(built, status=AgentStatus.READY)

    def about(self, text: str) -> AgentQuerySet:
        """Those of the newest `SEARCHED_NEWEST` of all whose name or description holds the text,
        whatever its case."""
        found = models.Q(name__icontains=text) | models.Q(description__icontains=text)
        return among_newest(self, "created_at").filter(found)

    def abandoned(self) -> AgentQuerySet:
        """Drafts that no build works on any more, nor could: see `agents.retention`."""
        return self.filter(status=AgentStatus.BUILDING, build_task=None)

    def deleted(self) -> AgentQuerySet:
        """Those that somebody deleted and that are not wholly removed: see `agents.removal`."""
        return self.filter(status=AgentStatus.DELETING)

    def visible_to(self, user: Any) -> AgentQuerySet:
        """Staff see every agent, others their own."""
        return self if user.is_staff else self.filter(owner=user)


class AgentRecord(models.Model):
    """An agent: who it is, what it says, where it lives and which task built it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        # A provider would keep what only this row knows of: the agents are deleted before.
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="agents",
    )
    build_task = models.OneToOneField(
        "tasks.TaskState", null=True, blank=True, on_delete=models.SET_NULL, related_name="agent"
    )
    status = models.CharField(max_length=8, choices=AgentStatus, default=AgentStatus.BUILDING)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    description = models.TextField(blank=True)
    system_prompt = models.TextField(blank=True)
    starter_questions = models.JSONField(default=list, blank=True)
    source = models.JSONField(
        default=dict, blank=True, help_text="The normalized URLs and scope it was built from."
    )
    provider = models.CharField(max_length=32, default="local")
    provider_agent_id = models.CharField(max_length=255, blank=True)
    page_count = models.PositiveIntegerField(default=0)
    chunk_count = models.PositiveIntegerField(default=0)
    token_count = models.PositiveBigIntegerField(default=0)
    version = models.PositiveIntegerField(
        default=1, help_text="How often its knowledge was put in place: by its build, then anew."
    )
    refresh_task = models.OneToOneField(
        "tasks.TaskState",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="refreshed_agent",
        help_text="The refresh that was begun last: while it is not finished, there is no other.",
    )
    refreshes = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="drafts",
        help_text="The agent for which it holds other pages: those of its next version, or those "
        "that an earlier run of its build has fetched.",
    )
    removal_due_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it is to be removed at its provider, after somebody deleted it.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        verbose_name = "agent"
        ordering = ["-created_at", "-id"]
        permissions = [("refresh_agentrecord", "Can refresh agents of others")]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="agent_newest"),
            models.Index(fields=["owner", "-created_at", "-id"], name="agent_owner_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="agent_status_newest"),
            models.Index(fields=["provider", "-created_at", "-id"], name="agent_provider_newest"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)
