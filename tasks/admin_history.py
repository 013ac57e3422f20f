"""The admin's pages of what tasks consist of: steps, their batches, and events."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tasks.admin_base import (
    NOTHING,
    FoundByTask,
    ModelAdmin,
    ReadOnly,
    SeenByStaff,
    WithDuration,
    WithError,
    WithState,
    of_task,
    row_link,
)
from tasks.admin_filters import AtWorkFilter
from tasks.admin_inlines import BatchInline
from tasks.admin_results import celery_link
from tasks.masking import masked
from tasks.models import StepBatch, StepRun, TaskEvent


@admin.register(StepRun)
class StepAdmin(SeenByStaff, ReadOnly, WithState, WithDuration, WithError, FoundByTask):
    """Steps, to look at."""

    list_display = (
        "name",
        "task_link",
        "state_shown",
        "progress",
        "attempts",
        "took",
        "celery_result",
        "error",
    )
    list_filter = (AtWorkFilter,)
    when_empty = "No step yet. Each task has those of its workflow."
    list_select_related = ("task",)
    inlines = (BatchInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = {"id", "task", "state", "celery_task_id", "output"}
        columns = [f.name for f in StepRun._meta.fields if f.name not in shown]
        return ["task_link", "state_shown", "celery_result", *columns, "output_shown"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    @admin.display(description="progress")
    def progress(self, step: StepRun) -> SafeString:
        return format_html("{} of {}", step.done, step.total) if step.total else NOTHING

    @admin.display(description="output")
    def output_shown(self, step: StepRun) -> str:
        return json.dumps(masked(step.output), ensure_ascii=False) if step.output else NOTHING

    @admin.display(description="Celery result")
    def celery_result(self, step: StepRun) -> SafeString:
        return celery_link(step.celery_task_id)


@admin.register(StepBatch)
class BatchAdmin(SeenByStaff, ReadOnly, WithState, WithError, ModelAdmin):
    """The batches of steps that fan out, until their step has succeeded, to look at."""

    list_display = (
        "number",
        "step_link",
        "state_shown",
        "size",
        "attempts",
        "deaths",
        "lease_holder",
        "retry_at",
        "error",
    )
    list_select_related = ("step",)
    when_empty = "No batch now. A step that fans out has some until it has succeeded."
    sortable_by = ()
    search_fields = ("step__task__id",)
    search_help_text = "The id of a task."

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = {"id", "step", "state"}
        columns = [f.name for f in StepBatch._meta.fields if f.name not in shown]
        return ["step_link", "state_shown", "celery_result", *columns]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StepBatch], search_term: str
    ) -> tuple[QuerySet[StepBatch], bool]:
        # Through the steps, which an index finds: else the database may look at each batch.
        steps = of_task(StepRun.objects.order_by(), search_term, "task")
        return (queryset.filter(step__in=steps) if search_term else queryset), False

    @admin.display(description="step")
    def step_link(self, batch: StepBatch) -> SafeString:
        return row_link(batch.step, str(batch.step))

    @admin.display(description="Celery result")
    def celery_result(self, batch: StepBatch) -> SafeString:
        return celery_link(batch.celery_task_id)


@admin.register(TaskEvent)
class EventAdmin(SeenByStaff, ReadOnly, WithState, FoundByTask):
    """Events, to look at."""

    when_empty = "No event yet. All that happens to a task is noted here."
    list_display = ("seq", "task_link", "at", "type", "state_shown", "percent", "step", "message")
    list_select_related = ("task",)
    fields = readonly_fields = (
        "task_link",
        "seq",
        "at",
        "type",
        "state_shown",
        "percent",
        "step",
        "message",
        "data",
    )
