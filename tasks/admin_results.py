"""The admin's pages of what Celery noted of each step, in the place of those of its own package:
those count every row, and look for text in columns without an index."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django_celery_results.models import GroupResult, TaskResult

from tasks.admin_base import NOTHING, ModelAdmin, ReadOnly, badge, list_link, row_link
from tasks.admin_filters import ResultStatusFilter
from tasks.models import StepRun, TaskState

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TONES = {"SUCCESS": "success", "FAILURE": "failed", "RETRY": "retrying", "STARTED": "running"}

admin.site.unregister([TaskResult, GroupResult])


@admin.register(TaskResult)
class ResultAdmin(ReadOnly, ModelAdmin):
    """Results and tracebacks of Celery, to look at."""

    list_display = ("task_id", "task_name", "status_shown", "worker", "date_done")
    list_filter = (ResultStatusFilter, "date_done")
    dates = "date_done"
    when_empty = "No result yet. Celery notes one of each step that a worker takes."
    sortable_by = ()
    search_fields = ("=task_id",)
    search_help_text = "The id of a Celery task, or of a task, whose steps are shown then."

    def get_ordering(self, request: HttpRequest) -> tuple[str]:
        # No index has both a status and a time, but on SQLite each one has the id.
        by_id = ResultStatusFilter.parameter_name in request.GET
        return ("-id" if by_id else "-date_done",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        columns = [field.name for field in TaskResult._meta.fields if field.name != "status"]
        return ["status_shown", "of_task", *columns]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaskResult], search_term: str
    ) -> tuple[QuerySet[TaskResult], bool]:
        if not search_term:
            return queryset, False
        wanted = Q(task_id=search_term)
        try:
            steps = StepRun.objects.filter(task=UUID(search_term)).order_by()
        except ValueError:
            return queryset.filter(wanted), False
        ids = [name for name in steps.values_list("celery_task_id", flat=True) if name]
        return queryset.filter(wanted | Q(task_id__in=ids)), False

    @admin.display(description="status")
    def status_shown(self, result: TaskResult) -> SafeString:
        return badge(TONES.get(result.status, ""), result.status.capitalize())

    @admin.display(description="task")
    def of_task(self, result: TaskResult) -> SafeString:
        """Its arguments name it: steps have no index of what Celery calls them."""
        named = UUID_TEXT.search(f"{result.task_args} {result.task_kwargs}")
        task = TaskState.objects.filter(pk=named[0]).first() if named else None
        return row_link(task, task.subject or str(task)) if task else NOTHING


def celery_link(celery_task_id: str) -> SafeString:
    """A link to what Celery noted of that message."""
    if not celery_task_id:
        return NOTHING
    return list_link(TaskResult, f"{celery_task_id[:8]}…", task_id=celery_task_id)
