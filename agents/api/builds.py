"""What `POST /agents` may be sent: JSON, or several parts with files among them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from agents.api.documents import Upload, keep_all
from agents.api.multipart import fields_of, files_of, is_multipart, texts_of
from agents.documents.store import missing
from agents.params import BuildParams
from tasks.api.serializers import SubmissionFields
from tasks.api.strict import StrictSerializer

NO_SUCH_DOCUMENT = "There is no such document. Upload it with POST /documents first."


class BuildRequest(SubmissionFields, BuildParams):
    """`POST /agents`: what to build, and how to submit it."""

    def validate_documents(self, ids: list[str]) -> list[str]:
        if gone := missing(self.context["user"], ids):
            detail = ErrorDetail(NO_SUCH_DOCUMENT, code="no_such_document")
            raise ValidationError({str(position): [detail] for position in gone})
        return super().validate_documents(ids)


class BuildUpload(SubmissionFields, BuildParams):
    """`POST /agents` in several parts: the same fields, and files in `documents`."""

    documents = serializers.ListField(  # type: ignore[assignment]
        child=Upload(), required=False, help_text="Files, and ids of files uploaded before."
    )


def read_build(request: Request) -> dict[str, Any]:
    """The checked fields of a build. Files that come with it are kept, all of them or none.

    Raises:
        ValidationError: a field or a file is refused.
    """
    if not is_multipart(request):
        return _checked(request, request.data)
    fields = fields_of(request)
    with transaction.atomic():
        kept = keep_all(request, files_of(request, "documents"), "documents")
        if kept:
            ids = [str(document.pk) for document, _ in kept]
            fields["documents"] = [*texts_of(request, "documents"), *ids]
        return _checked(request, fields)


def _checked(request: Request, data: Any) -> dict[str, Any]:
    body: StrictSerializer = BuildRequest(data=data, context={"user": request.user})
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
