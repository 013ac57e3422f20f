"""Every error of the API in one shape: `{"type", "errors": [{"code", "detail", "attr"}]}`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ExceptionHandlerContext
from rest_framework import exceptions, status
from rest_framework.response import Response

from tasks.api.outage import DATABASE_AWAY, Unavailable
from tasks.errors import (
    EngineError,
    IdempotencyConflict,
    IllegalTransition,
    InvalidParams,
    NotAllowed,
    TaskNotFound,
    UnknownWorkflow,
)


class Conflict(exceptions.APIException):
    """409: the state of things does not allow the request."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class BadGateway(exceptions.APIException):
    """502: an outside provider failed."""

    status_code = status.HTTP_502_BAD_GATEWAY
    default_code = "provider_failed"


def as_api_exception(error: EngineError) -> exceptions.APIException | None:
    """The response that an exception of the engine deserves; None for one that is a bug."""
    match error:
        case InvalidParams():
            return exceptions.ValidationError(
                {f"params.{field}": messages for field, messages in error.errors.items()}
            )
        case UnknownWorkflow():
            return exceptions.ValidationError({"workflow": [str(error)]})
        case TaskNotFound():
            return exceptions.NotFound(str(error))
        case NotAllowed():
            return exceptions.PermissionDenied(str(error))
        case IdempotencyConflict():
            return Conflict(str(error), code="idempotency_conflict")
        case IllegalTransition():
            return Conflict(str(error), code="illegal_transition")
    return None


ADVICE: dict[type[exceptions.APIException], str] = {
    exceptions.NotAuthenticated: "Send the header Authorization: Bearer <token>, or log in.",
    exceptions.UnsupportedMediaType: (
        "Send JSON with the header Content-Type: application/json, or files as multipart/form-data."
    ),
    exceptions.MethodNotAllowed: "See /docs for what can be done here.",
}
"""What to do, where DRF says only what was wrong."""


class _Handler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, EngineError) and (known := as_api_exception(exc)):
            return known
        if isinstance(exc, DATABASE_AWAY):
            return Unavailable()
        if isinstance(exc, exceptions.APIException) and (advice := ADVICE.get(type(exc))):
            exc.detail = exceptions.ErrorDetail(f"{exc.detail} {advice}", code=exc.default_code)
        return super().convert_known_exceptions(exc)

    def convert_unhandled_exceptions(self, exc: Exception) -> exceptions.APIException:
        if isinstance(exc, exceptions.APIException):
            return exc
        return exceptions.APIException(
            "Something went wrong here; the server's log says what. Try again later."
        )


def exception_handler(exc: Exception, context: ExceptionHandlerContext) -> Response | None:
    """What DRF calls with whatever a view raised."""
    return _Handler(exc, context).run()


def error_response(code: str, detail: str, status_code: int) -> JsonResponse:
    """The same shape for what goes wrong outside DRF's views."""
    kind = "server_error" if status_code >= 500 else "client_error"
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}
    return JsonResponse(body, status=status_code)


def wants_page(request: HttpRequest) -> bool:
    """Whether the client is a browser that shows what it gets to a person."""
    return request.accepts("text/html") and "text/html" in request.headers.get("Accept", "")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for a path that no route takes, or a page that is not there."""
    if wants_page(request):
        return defaults.page_not_found(request, exception)
    return error_response("not_found", f"There is nothing at {request.path}. See /docs.", 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 outside DRF's views, with the reason."""
    if wants_page(request):
        return defaults.permission_denied(request, exception)
    return error_response("permission_denied", str(exception) or "You may not do this.", 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 outside DRF's views."""
    if wants_page(request):
        return defaults.server_error(request)
    return error_response(
        "error", "Something went wrong here; the server's log says what. Try again later.", 500
    )


def bad_request(request: HttpRequest, exception: Any) -> HttpResponse:
    """400 for what Django itself refuses, such as a host that is not allowed."""
    if isinstance(exception, DisallowedHost):
        host = request.headers.get("Host", "")
        return error_response(
            "unknown_host",
            f"This server does not answer for the host {host!r}. Add it to ALLOWED_HOSTS.",
            400,
        )
    if wants_page(request):
        return defaults.bad_request(request, exception)
    return error_response("bad_request", "The request is not well-formed; see /docs.", 400)
