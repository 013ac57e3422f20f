"""What the local provider keeps. It stands apart from the product's own tables, as an outside
platform would: it knows agents by reference and passages by the id they were uploaded with."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone


class LocalAgent(models.Model):
    """An agent that lives in this installation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.UUIDField(unique=True, help_text="The id of whoever created it.")
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    system_prompt = models.TextField(blank=True)
    starter_questions: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class LocalPassage(models.Model):
    """One item of an agent's knowledge.

    The full-text index follows this table by itself: through triggers on SQLite, through a
    generated column on PostgreSQL (see the migration `0002_local_index`).
    """

    agent = models.ForeignKey(LocalAgent, on_delete=models.CASCADE, related_name="passages")
    chunk_id = models.PositiveBigIntegerField(help_text="The id it was uploaded with.")
    url = models.CharField(max_length=2048)
    title = models.CharField(max_length=500, blank=True)
    headings = models.TextField(blank=True, help_text="The headings above it, one a line.")
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "chunk_id"], name="passage_once_per_agent"),
        ]

    def __str__(self) -> str:
        return f"passage {self.chunk_id} of {self.agent_id}"

    @property
    def heading_path(self) -> list[str]:
        return self.headings.split("\n") if self.headings else []
