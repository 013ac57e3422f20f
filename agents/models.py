"""What an agent is made of: its record, the pages it was built from, and the chunks it knows."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from tasks.states import State

NAME_LENGTH = 120
"""Characters that the name of an agent may have."""
SEARCHED_AGENTS = 10_000
"""Agents that are read for one search, at the most."""


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
        """Those of the newest whose name or description holds the text, whatever its case. However
        many agents there are, no more than `SEARCHED_AGENTS` are read."""
        newest = self.order_by("-created_at", "-id").values("pk")[:SEARCHED_AGENTS]
        found = models.Q(name__icontains=text) | models.Q(description__icontains=text)
        return self.filter(found, pk__in=newest)

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
            models.Index(fields=["owner", "-created_at"], name="agent_owner_newest"),
            models.Index(fields=["status", "-created_at"], name="agent_status_newest"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)


DOCUMENT_SCHEME = "document:"
"""How the URL of a page begins that stands for an uploaded document."""


class PageStatus(models.TextChoices):
    """What became of one URL."""

    PENDING = "pending", "Pending"
    """Found, not fetched yet: the frontier."""
    FETCHED = "fetched", "Fetched"
    """Its body is here, not read yet."""
    EXTRACTED = "extracted", "Extracted"
    """Read; its chunks are the agent's knowledge."""
    DUPLICATE = "duplicate", "Duplicate"
    """Its content is that of another page, which is kept in its place."""
    EMPTY = "empty", "Empty"
    """Here, but there is no text in it, or only pictures of text."""
    SKIPPED = "skipped", "Skipped"
    """Not fetched on purpose: robots.txt, scope, a kind of file that is not read."""
    FAILED = "failed", "Failed"
    """It could not be fetched or read."""


CONTENT = (PageStatus.EXTRACTED, PageStatus.DUPLICATE, PageStatus.EMPTY)
"""Of pages whose content is here and was read."""


class PageQuerySet(models.QuerySet["Page"]):
    """What is asked of many pages at once."""

    def with_chunk_count(self) -> PageQuerySet:
        """Each with its `chunk_count`: counted for those that are shown only, where a join would
        count those of all."""
        chunks = Chunk.objects.filter(page=models.OuterRef("pk")).order_by()
        count = models.Func(models.F("pk"), function="COUNT", output_field=models.IntegerField())
        number = chunks.annotate(number=count).values("number")
        return self.annotate(chunk_count=models.Subquery(number))


class Page(models.Model):
    """One URL or document of an agent's source: what became of it, and why."""

    agent = models.ForeignKey(AgentRecord, on_delete=models.CASCADE, related_name="pages")
    url = models.CharField(max_length=2048)
    position = models.PositiveIntegerField(help_text="The order in which it was found, from 0.")
    depth = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=PageStatus, default=PageStatus.PENDING)
    reason_code = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    final_url = models.CharField(max_length=2048, blank=True)
    canonical_url = models.CharField(
        max_length=2048,
        blank=True,
        help_text="The URL under which the page wants to be known, if that is another.",
    )
    other_spelling = models.CharField(
        max_length=2048,
        blank=True,
        help_text="Another URL that was found for the page, to try should this one be gone.",
    )
    changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it changed last, as the site's sitemap says."
    )
    content_type = models.CharField(max_length=100, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    rendered = models.BooleanField(
        default=False, help_text="Whether a browser has run its scripts before it was read."
    )
    fetched_at = models.DateTimeField(null=True, blank=True)
    title = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=16, blank=True)
    published = models.DateField(
        null=True, blank=True, help_text="The day of publication, as the page says."
    )
    content_hash = models.CharField(max_length=64, blank=True)
    body_hash = models.CharField(max_length=64, blank=True, help_text="Of the body as fetched.")
    etag = models.CharField(max_length=255, blank=True)
    last_modified = models.CharField(
        max_length=64, blank=True, help_text="As the server says it, to be told the same again."
    )
    keeps = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="kept_by",
        db_index=False,
        help_text="In a refresh: the page of the version before whose content is still the same.",
    )
    duplicate_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    document = models.ForeignKey(
        "agents.Document", null=True, blank=True, on_delete=models.SET_NULL, related_name="pages"
    )

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["agent", "position"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "position"], name="page_position_per_agent"),
            models.UniqueConstraint(fields=["agent", "url"], name="page_url_per_agent"),
        ]
        indexes = [
            models.Index(fields=["agent", "status"], name="page_agent_status"),
            models.Index(fields=["agent", "content_hash"], name="page_agent_content"),
            models.Index(
                fields=["keeps"], name="page_keeps", condition=models.Q(keeps__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def is_document(self) -> bool:
        """Whether it stands for an uploaded document, which may be deleted by now."""
        return self.url.startswith(DOCUMENT_SCHEME)

    @property
    def markdown(self) -> str:
        """What was extracted from it; empty where nothing was."""
        return self.content.markdown if hasattr(self, "content") else ""


class PageContent(models.Model):
    """What a page holds, apart from the page's row so that lists of pages stay light."""

    page = models.OneToOneField(
        Page, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    raw = models.BinaryField(null=True, help_text="The body as fetched, compressed with zlib.")
    markdown = models.TextField(blank=True)
    links = models.BinaryField(
        null=True,
        help_text="The URLs that an HTML page leads to, one a line, compressed with zlib.",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["page"], name="page_content_raw", condition=models.Q(raw__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"content of {self.page_id}"


class Chunk(models.Model):
    """One passage of a page, with the headings above it and its exact token count."""

    agent = models.ForeignKey(AgentRecord, on_delete=models.CASCADE, related_name="chunks")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField(help_text="Its place in the page, from 0.")
    heading_path = models.JSONField(default=list)
    text = models.TextField()
    token_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["page", "position"]
        constraints = [
            models.UniqueConstraint(fields=["page", "position"], name="chunk_position_per_page"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.position} of {self.page_id}"


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


# Django finds an app's models through this module, also those that live elsewhere.
from agents.documents.models import Document, DocumentContent  # noqa: E402, F401
from agents.providers.local.models import LocalAgent, LocalPassage  # noqa: E402, F401
