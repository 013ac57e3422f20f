"""Refuses bodies that are too large before anything reads them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from tasks.api.errors import error_response


class BodyLimitMiddleware(MiddlewareMixin):
    """413 for a body above its limit, as its Content-Length declares it.

    DRF's parsers read the stream themselves, past Django's own limit. A body without a declared
    length would count as empty for them, and so is refused with 411.
    """

    get_response: Callable[[HttpRequest], HttpResponse]

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        return refusal_of(
            request.META.get("CONTENT_LENGTH") or "",
            request.headers.get("Transfer-Encoding", ""),
            limit_for(request.path, request.META.get("CONTENT_TYPE") or ""),
        )


def limit_for(path: str, content_type: str) -> int:
    """The bytes that a body may have: more where files are uploaded."""
    is_upload = path.rstrip("/") in settings.AGENTFORGE_UPLOAD_PATHS
    if is_upload and content_type.lower().startswith("multipart/form-data"):
        return int(settings.AGENTFORGE_UPLOAD_MAX_BYTES)
    return int(settings.AGENTFORGE_MAX_BODY_BYTES)


def refusal_of(content_length: str, transfer_encoding: str, limit: int) -> HttpResponse | None:
    """The answer to a body with these headers; None where it may be read.

    Args:
        limit: the bytes that it may have.
    """
    if transfer_encoding:
        return error_response(
            "length_required",
            "The body has no declared length. Send it whole, with a Content-Length header.",
            411,
        )
    if not content_length.isdecimal() or int(content_length) <= limit:
        return None
    return error_response(
        "body_too_large",
        f"The body has {content_length} bytes; at most {limit} are accepted. Send less at once.",
        413,
    )
