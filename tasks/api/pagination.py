"""Pages by cursor: a list stays right while rows are added, and page 1,000 costs as much as 1."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from rest_framework import pagination, serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

PAGE_SIZE = 50
LARGEST_PAGE = 200


class PageQuery(serializers.Serializer[Any]):
    """How many results a page holds."""

    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=PAGE_SIZE)


class NewestFirst(pagination.CursorPagination):
    """`{next, previous, results}`, newest first unless the view's query says otherwise."""

    page_size = PAGE_SIZE
    page_size_query_param = "limit"
    ordering: tuple[str, ...] = ("-created_at", "-id")

    def get_page_size(self, request: Request) -> int:
        query = PageQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return int(query.validated_data["limit"])

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, InvalidValue, ValueError) as error:
            # A cursor carries a position, and a position that was tampered with is found out only
            # by the query.
            raise ValidationError(
                {
                    "cursor": [
                        "This is no cursor of this list. Follow `next` and `previous` as they "
                        "are, or leave the cursor out to begin again."
                    ]
                }
            ) from error


class TaskPagination(NewestFirst):
    """As `?ordering=` says."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        field: str = view.query["ordering"]
        return (field, "-id" if field.startswith("-") else "id")
