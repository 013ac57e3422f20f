"""Keeps uploaded files, within the limits of this installation."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from agents.documents.models import LONGEST_NAME, Document, DocumentContent
from agents.knowledge.files.kinds import kind_of
from agents.knowledge.files.unreadable import Unreadable
from tasks import audit, permissions
from tasks.acts import Act

_NAMESPACE = uuid.UUID("5f0c8b1e-6d0f-4b53-9a63-0d8f0f6c2f57")


class RefusedUpload(Exception):
    """A file that is not kept.

    Args:
        code: for machines.
        reason: what is wrong with it and what to do.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def keep(owner: Any, file: UploadedFile[Any]) -> tuple[Document, bool]:
    """Keep a file; the same one that is there already is only noted as uploaded again.

    Returns:
        The document, and whether it is new.

    Raises:
        RefusedUpload: it is empty, too large, of a kind that is not read, or one too many.
    """
    _check_size(file)
    body = file.read()
    name = clean_name(file.name or "")
    try:
        kind = kind_of(body, name, file.content_type or "")
    except Unreadable as error:
        raise RefusedUpload(error.code, f"{name}: {error.reason}") from error
    sha256 = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        document, is_new = Document.objects.get_or_create(
            id=uuid.uuid5(_NAMESPACE, f"{owner.pk} {sha256} {name}"),
            defaults={
                "owner": owner,
                "name": name,
                "kind": kind,
                "content_type": (file.content_type or "")[:100],
                "bytes": len(body),
                "sha256": sha256,
            },
        )
        if is_new:
            DocumentContent.objects.create(document=document, body=body)
            _check_quota(owner)
        else:
            document.uploaded_at = timezone.now()
            document.save(update_fields=["uploaded_at"])
    return document, is_new


def delete(document: Document, by: Any) -> None:
    """Delete a document. Agents keep what they have learnt from it.

    Args:
        by: the user, or the name of a program of ours.

    Raises:
        NotAllowed: it is somebody else's, and `by` has not the permission.
    """
    permissions.require(by, Act.DELETE, document)
    with transaction.atomic():
        if Document.objects.filter(pk=document.pk).delete()[0]:
            audit.record(by, Act.DELETE, document, bytes=document.bytes)


def missing(user: Any, ids: Sequence[str]) -> list[int]:
    """The positions of those ids that are of no document that the user may use."""
    visible = Document.objects.visible_to(user).filter(pk__in=ids)
    known = {str(pk) for pk in visible.values_list("pk", flat=True)}
    return [position for position, id in enumerate(ids) if id not in known]


def clean_name(name: str) -> str:
    """A file's name, shortened if it is long, but with its extension. Folders and invisible
    characters are not in it: Django's parser takes them out."""
    if len(name) > LONGEST_NAME:
        stem, dot, extension = name.rpartition(".")
        ending = f"{dot}{extension}" if stem and len(extension) <= 10 else ""
        name = name[: LONGEST_NAME - len(ending)] + ending
    return name or "document"


def _check_size(file: UploadedFile[Any]) -> None:
    limit = settings.AGENTFORGE_DOCUMENT_MAX_BYTES
    if not file.size:
        raise RefusedUpload("empty", f"{file.name} is empty. Send a file with content.")
    if file.size > limit:
        raise RefusedUpload(
            "too_large",
            f"{file.name} has {file.size:,} bytes; at most {limit:,} are accepted. Divide it.",
        )


def _check_quota(owner: Any) -> None:
    """Within the transaction that added to it."""
    limit = settings.AGENTFORGE_DOCUMENTS_MAX_BYTES
    kept = Document.objects.filter(owner=owner).aggregate(sum=Sum("bytes"))["sum"] or 0
    if kept > limit:
        raise RefusedUpload(
            "quota",
            f"Your documents would have {kept:,} bytes in all; at most {limit:,} are kept. "
            "Delete some that you no longer need.",
        )
