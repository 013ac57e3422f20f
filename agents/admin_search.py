"""The admin's search in rows of which there are many, and of which no index knows the texts."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import SEARCHED_NEWEST
from tasks.admin_base import ModelAdmin


def newest_help(texts: str) -> str:
    """What can be typed into the search of a `FoundAmongNewest`."""
    return (
        f"An id, the whole name of an owner, or a part of the {texts} of one of the newest "
        f"{SEARCHED_NEWEST:,}."
    )


class FoundAmongNewest(ModelAdmin):
    """Rows that are found by their id, by the name of their owner, or by a text in the newest."""

    # The box is shown where there are any; what is typed goes to `get_search_results`.
    search_fields = ("id",)

    @abstractmethod
    def found(self, rows: Any, text: str) -> QuerySet[Any]:
        """Those of the newest of `rows` that the text is in."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(search_term)), False
        except ValueError:
            pass
        owner = User.objects.filter(username=search_term).values_list("pk", flat=True).first()
        owned = queryset.filter(owner=owner)
        if owner and owned.exists():
            return owned, False
        return self.found(queryset, search_term), False
