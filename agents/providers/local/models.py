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
    version = models.PositiveIntegerField(
        default=0, help_text="The version of its knowledge that it answers from."
    )
    passage_count = models.PositiveIntegerField(
        null=True, help_text="How many passages that are. None: they have changed since the count."
    )
    published_at = models.DateTimeField(null=True, help_text="Since when that is so.")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class LocalPassageQuerySet(models.QuerySet["LocalPassage"]):
    """Which of an agent's passages belong to its version."""

    def hidden_from(self, agent: LocalAgent) -> tuple[LocalPassageQuerySet, LocalPassageQuerySet]:
        """Those of later versions only, and those of earlier ones only. No passage is in both."""
        passages = self.filter(agent=agent)
        return passages.filter(since__gt=agent.version), passages.filter(until__lte=agent.version)

    def count_of(self, agent: LocalAgent) -> int:
        """How many passages the agent answers from.

        PostgreSQL counts them one by one, so the number is kept with the agent until they change.
        """
        if agent.passage_count is None:
            return self.count_anew(agent)
        return agent.passage_count

    def count_anew(self, agent: LocalAgent) -> int:
        """The same, counted now. Counts no row that is not in an index."""
        later, earlier = self.hidden_from(agent)
        return self.filter(agent=agent).count() - later.count() - earlier.count()


class LocalPassage(models.Model):
    """One item of an agent's knowledge.

    It belongs to the versions from `since` up to, but without, `until`. So the next version can be
    stored beside the one that is searched, and takes over by one number in the agent's row; a
    search that has read that number sees nothing of the other version to its end.

    The full-text index follows this table by itself: through triggers on SQLite, through a
    generated column on PostgreSQL (see the migration `0002_local_index`).
    """

    agent = models.ForeignKey(LocalAgent, on_delete=models.CASCADE, related_name="passages")
    chunk_id = models.PositiveBigIntegerField(help_text="The id it was uploaded with.")
    url = models.CharField(max_length=2048)
    title = models.CharField(max_length=500, blank=True)
    headings = models.TextField(blank=True, help_text="The headings above it, one a line.")
    text = models.TextField()
    grams = models.TextField(
        null=True,
        help_text="What the index has of text without blanks between words: see knowledge.grams.",
    )
    since = models.PositiveIntegerField(null=True, help_text="None: from the first version on.")
    until = models.PositiveIntegerField(null=True, help_text="None: it is in the last version.")

    objects = LocalPassageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "chunk_id"], name="passage_once_per_agent"),
        ]
        indexes = [
            models.Index(
                fields=["agent", "since"],
                name="passage_since",
                condition=models.Q(since__isnull=False),
            ),
            models.Index(
                fields=["agent", "until"],
                name="passage_until",
                condition=models.Q(until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"passage {self.chunk_id} of {self.agent_id}"

    @property
    def heading_path(self) -> list[str]:
        return self.headings.split("\n") if self.headings else []
