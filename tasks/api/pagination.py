"""Pages by cursor: a list stays right while rows are added, and page 1,000 costs as much as 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import prefetch_related_objects
from rest_framework import pagination, serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from tasks import search
from tasks.api.strict import QuerySerializer

PAGE_SIZE = 50
LARGEST_PAGE = 200
LAST_PLACE = 2**63 - 1


class PageQuery(QuerySerializer):
    """How many results a page holds."""

    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=PAGE_SIZE)


@contextmanager
def cursor_refused() -> Iterator[None]:
    """Within it, an error is the fault of the cursor: that carries a position, and a position that
    was tampered with is found out only by the query."""
    try:
        yield
    except (NotFound, InvalidValue, ValueError) as error:
        raise ValidationError(
            {
                "cursor": [
                    "This is no cursor of this list. Follow `next` and `previous` as they "
                    "are, or leave the cursor out to begin again."
                ]
            }
        ) from error


class NewestFirst(pagination.CursorPagination):
    """`{next, previous, results}`, newest first unless the view's query says otherwise."""

    page_size = PAGE_SIZE
    page_size_query_param = "limit"
    ordering: tuple[str, ...] = ("-created_at", "-id")

    def get_page_size(self, request: Request) -> int:
        return int(PageQuery.of(request)["limit"])

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters of DRF, and the bounds of `limit`."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE}
        return parameters

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        with cursor_refused():
            return super().paginate_queryset(queryset, request, view)


class TaskPagination(NewestFirst):
    """As `?ordering=` says."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        field: str = view.query["ordering"]
        return (field, "-id" if field.startswith("-") else "id")


class SearchPagination(NewestFirst):
    """Of the tasks that a text finds, in the order of their submission (see `tasks.search`).

    A page may be short, or empty, though there is a next one. A cursor carries the place where the
    search goes on.
    """

    def __init__(self, text: str, newest_first: bool) -> None:
        self.text = text
        self.newest_first = newest_first

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        self.base_url = request.build_absolute_uri()
        size = self.get_page_size(request)
        with cursor_refused():
            cursor = self.decode_cursor(request)
            place = _place(cursor) if cursor else None
        newest_first = self.newest_first != bool(cursor and cursor.reverse)
        found = search.page(queryset, self.text, size, place, newest_first=newest_first)
        prefetch_related_objects(found.tasks, "steps")
        beside = None if place is None else place + (1 if newest_first else -1)
        if cursor and cursor.reverse:
            self.places = {"next": beside, "previous": found.further}
            return found.tasks[::-1]
        self.places = {"next": found.further, "previous": beside}
        return found.tasks

    def get_next_link(self) -> str | None:
        return self._link("next")

    def get_previous_link(self) -> str | None:
        return self._link("previous")

    def _link(self, name: str) -> str | None:
        place = self.places[name]
        if place is None:
            return None
        cursor = pagination.Cursor(offset=0, reverse=name == "previous", position=place)
        return str(self.encode_cursor(cursor))


def _place(cursor: pagination.Cursor) -> int:
    """
    Raises:
        ValueError: the cursor is none of a search.
    """
    place = int(cursor.position or "")
    if cursor.offset or not 0 <= place < LAST_PLACE:
        raise ValueError("A search has no such place.")
    return place
