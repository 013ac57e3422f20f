"""The document API: upload, list, delete. `POST /agents` takes files too."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.multipart import MultiPartParser, files_of
from agents.documents import store
from agents.documents.models import Document
from agents.documents.store import RefusedUpload, keep
from agents.knowledge.files.kinds import FileKind
from tasks.api.pagination import NewestFirst
from tasks.api.schema import FORBIDDEN_ACT
from tasks.api.strict import StrictSerializer
from tasks.api.throttles import SubmitThrottle


@extend_schema_field(OpenApiTypes.BINARY)
class Upload(serializers.FileField):
    """A file of a multipart body."""


class DocumentUpload(StrictSerializer):
    """`POST /documents`."""

    document = Upload(
        help_text="A PDF, DOCX, XLSX, CSV, HTML, Markdown or text file.",
        allow_empty_file=True,  # `keep` says it better.
        max_length=None,
    )


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """An uploaded file. Its kind is judged by its content."""

    document_id = serializers.UUIDField(source="id")
    kind = serializers.ChoiceField(choices=[kind.value for kind in FileKind])

    class Meta:
        model = Document
        fields = ["document_id", "name", "kind", "bytes", "sha256", "uploaded_at"]


def keep_all(
    request: Request, files: list[UploadedFile[Any]], field: str
) -> list[tuple[Document, bool]]:
    """Keep the files of a request; call it within a transaction, so that all are kept or none.

    Raises:
        ValidationError: one is refused; the error is at `field` and says which file it is.
    """
    try:
        return [keep(request.user, file) for file in files]
    except RefusedUpload as error:
        raise ValidationError({field: [ErrorDetail(error.reason, code=error.code)]}) from error


class DocumentListView(generics.ListAPIView[Document]):
    """`GET /documents` and `POST /documents`."""

    serializer_class = DocumentSerializer
    parser_classes = [MultiPartParser]
    throttle_classes = [SubmitThrottle]

    class Newest(NewestFirst):
        ordering = ("-uploaded_at", "-id")

    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Document]:
        return Document.objects.visible_to(self.request.user)

    @extend_schema(operation_id="documents_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="documents_upload",
        request={"multipart/form-data": DocumentUpload},
        responses={
            201: DocumentSerializer,
            200: OpenApiResponse(DocumentSerializer, "The same file was uploaded before."),
        },
    )
    def post(self, request: Request) -> Response:
        body = DocumentUpload(data=request.data)
        body.is_valid(raise_exception=True)
        ((document, is_new),) = keep_all(request, files_of(request, "document")[-1:], "document")
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(DocumentSerializer(document).data, code)


class DocumentView(APIView):
    """`GET /documents/{id}` and `DELETE /documents/{id}`."""

    @extend_schema(operation_id="documents_get", responses=DocumentSerializer)
    def get(self, request: Request, document_id: UUID) -> Response:
        return Response(DocumentSerializer(_visible(request, document_id)).data)

    @extend_schema(operation_id="documents_delete", responses={204: None, 403: FORBIDDEN_ACT})
    def delete(self, request: Request, document_id: UUID) -> Response:
        store.delete(_visible(request, document_id), by=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _visible(request: Request, document_id: UUID) -> Document:
    document = Document.objects.visible_to(request.user).filter(pk=document_id).first()
    if document is None:
        raise NotFound("There is no such document. Check the document_id.")
    return document
