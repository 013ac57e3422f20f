"""From where the work at hand was asked for. Without a request, it was the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from tasks.acts import Source

PAGES = {"/admin/": Source.ADMIN, "/dashboard/": Source.DASHBOARD}
"""How the addresses of pages begin. All others are of the API."""

_source: ContextVar[Source] = ContextVar("source", default=Source.COMMAND)


def source() -> Source:
    """Where the request came in that is being answered."""
    return _source.get()


@contextmanager
def coming_from(source: Source) -> Iterator[None]:
    """What is done within the block was asked for there."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


@sync_and_async_middleware
def noting_the_source(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware by which `source` knows of each HTTP request."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponse:
            with coming_from(_source_of(request.path)):
                return await cast(Awaitable[HttpResponse], get_response(request))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        with coming_from(_source_of(request.path)):
            return cast(HttpResponse, get_response(request))

    return answer


def _source_of(path: str) -> Source:
    return next((page for start, page in PAGES.items() if path.startswith(start)), Source.API)
