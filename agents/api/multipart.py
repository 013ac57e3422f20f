"""Reads bodies of several parts: fields as JSON would have them, and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

LISTS = frozenset({"urls", "documents", "include", "exclude"})
"""Fields of a build that may be sent several times."""


class MultiPartParser(parsers.MultiPartParser):
    """multipart/form-data (RFC 7578)."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except SuspiciousOperation as error:
            # Django's own limits on the number of fields, of files, and of the bytes of fields.
            raise ParseError(
                f"The body has too many parts, or too large ones: {error} Send less at once."
            ) from error


def is_multipart(request: Request) -> bool:
    """Whether the body has several parts."""
    return (request.content_type or "").lower().startswith(parsers.MultiPartParser.media_type)


def fields_of(request: Request) -> dict[str, Any]:
    """The fields, as the JSON body that they stand for."""
    sent = _sent(request)
    return {name: sent.getlist(name) if name in LISTS else sent[name] for name in sent}


def texts_of(request: Request, name: str) -> list[str]:
    """The texts of one name, in the order sent, without the files of the same name."""
    return [value for value in _sent(request).getlist(name) if isinstance(value, str)]


def _sent(request: Request) -> QueryDict:
    assert isinstance(request.data, QueryDict)  # noqa: S101  (what the parser above gives)
    return request.data


def files_of(request: Request, name: str) -> list[UploadedFile[Any]]:
    """The files of one name, in the order sent."""
    return list(request.FILES.getlist(name))
