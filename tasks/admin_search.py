"""The admin's search in tasks: by what they say, by id, and by owner."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks import search
from tasks.admin_base import ModelAdmin
from tasks.counting import CappedPaginator
from tasks.models import TaskState

CUT = "search_is_cut"
"""What a request is marked with whose search has not found all."""


class FoundByText(ModelAdmin):
    """Tasks that are found by a text in them, or by the name of their owner."""

    search_fields = ("text__text",)
    search_help_text = "A part of a subject or an error, an id, or the whole name of an owner."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaskState], search_term: str
    ) -> tuple[QuerySet[TaskState], bool]:
        """The tasks of the owner of that name; if there is none, the newest that the text finds.
        An action is for all that it finds."""
        # By the id, which the indexes know.
        named = User.objects.filter(username=search_term).values_list("pk", flat=True).first()
        if named and TaskState.objects.filter(owner=named).exists():
            return queryset.filter(owner=named), False
        tasks: Any = queryset
        if request.method == "POST" or not search.is_search(search_term):
            return _acted_on(request, tasks).matching(search_term), False
        located = search.locate(tasks, search_term, search.HITS)
        setattr(request, CUT, located.further is not None)
        return tasks.filter(pk__in=located.task_ids), False

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> CappedPaginator:
        """The pages, which say so if a search has not found all."""
        paginator: Any = super().get_paginator(request, *args, **kwargs)
        paginator.is_search_cut = getattr(request, CUT, False)
        return paginator


def _acted_on(request: HttpRequest, tasks: Any) -> Any:
    """Those of `tasks` that the action of a request, if it is one, can be for."""
    if request.method != "POST" or request.POST.get("select_across", "0") != "0":
        return tasks
    return tasks.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))
