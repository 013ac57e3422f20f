"""503 while the database cannot be used: in our shape, with the time after which to ask again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.deprecation import MiddlewareMixin
from rest_framework import exceptions, status

logger = logging.getLogger(__name__)

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What Django raises while the database is down, restarts, or is locked for too long."""

RETRY_AFTER = 5
"""Seconds."""


class Unavailable(exceptions.APIException):
    """503: the database cannot be used for now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = (
        "The database cannot be used at this moment. Send the request again in a few seconds; "
        "an idempotency key keeps a submission from being made twice."
    )
    wait = RETRY_AFTER


class DatabaseAwayMiddleware(MiddlewareMixin):
    """The same answer for the views that are not DRF's: the pages, the admin, the metrics."""

    get_response: Callable[[HttpRequest], HttpResponse]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DATABASE_AWAY):
            return None
        logger.error("The database cannot be used: %s", exception)
        response = _answer(request)
        response["Retry-After"] = str(RETRY_AFTER)
        return response


def _answer(request: HttpRequest) -> HttpResponse:
    # Imported late: the error handler of the API imports this module.
    from tasks.api.errors import error_response, wants_page

    if wants_page(request):
        # Rendered without the request: to look up its user would need the database.
        page = loader.get_template("503.html").render()
        return HttpResponse(page, status=Unavailable.status_code)
    detail = str(Unavailable.default_detail)
    return error_response(Unavailable.default_code, detail, Unavailable.status_code)
