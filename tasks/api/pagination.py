"""Pages by cursor: a list stays right while rows are added, and page 1,000 costs as much as 1."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from rest_framework import pagination, serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from tasks.api.strict import QuerySerializer

PAGE_SIZE = 50
LARGEST_PAGE = 200


class PageQuery(QuerySerializer):
    """How many results a page holds."""

    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=PAGE_SIZE)


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
