"""What each version of an agent's knowledge has changed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from agents.models.agent import AgentRecord


class AgentVersion(models.Model):
    """One version of an agent's knowledge: which task put it in place, and what that has changed.

    Pages are counted whose content is here: read, duplicates of others, or empty.
    """

    agent = models.ForeignKey(AgentRecord, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="From 1, which its build has made.")
    task = models.OneToOneField(
        "tasks.TaskState",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="agent_version",
    )
    created_at = models.DateTimeField(default=timezone.now)
    pages_new = models.PositiveIntegerField(default=0)
    pages_changed = models.PositiveIntegerField(default=0)
    pages_unchanged = models.PositiveIntegerField(default=0)
    pages_gone = models.PositiveIntegerField(default=0)
    pages_read = models.PositiveIntegerField(
        default=0, help_text="Those whose text was extracted anew, whatever that has shown."
    )
    page_count = models.PositiveIntegerField(default=0)
    chunk_count = models.PositiveIntegerField(default=0)
    token_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = "version"
        ordering = ["agent", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "number"], name="version_once_per_agent"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of {self.agent_id}"
