"""The pages that an agent was built from, and the chunks that it knows of them."""

from __future__ import annotations

from django.db import models

from agents.models.agent import AgentRecord

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
        return f"chunk {self.position} of page {self.page_id}"
