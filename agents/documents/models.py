"""What is kept of an uploaded file."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from agents.knowledge.files.kinds import FileKind

LONGEST_NAME = 150
"""Characters. Percent-encoded in a page's URL, each may take twelve."""


class DocumentQuerySet(models.QuerySet["Document"]):
    """Who may see which."""

    def visible_to(self, user: Any) -> DocumentQuerySet:
        """Staff see every document, others their own."""
        return self if user.is_staff else self.filter(owner=user)


class Document(models.Model):
    """An uploaded file. Its id follows from its owner, name and content: the same file that is
    uploaded again is the same document, so a request that is sent again is the same request."""

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="documents"
    )
    name = models.CharField(max_length=LONGEST_NAME)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in FileKind])
    content_type = models.CharField(max_length=100, blank=True)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(default=timezone.now)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-uploaded_at"], name="document_owner_newest"),
            models.Index(fields=["-uploaded_at", "-id"], name="document_newest"),
            models.Index(fields=["kind", "-uploaded_at", "-id"], name="document_kind_newest"),
        ]

    def __str__(self) -> str:
        return self.name


class DocumentContent(models.Model):
    """A document's bytes, apart from its row so that lists stay light. They are in the database
    because workers on other machines share nothing else."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"content of {self.document_id}"
