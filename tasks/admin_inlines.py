"""What the admin shows below a task: its steps with their Celery results, and its last events."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_results.models import TaskResult

from tasks.admin_base import NOTHING, ReadOnly, TabularInline, WithDuration, WithState
from tasks.models import StepBatch, StepRun, TaskEvent

EVENTS_SHOWN = 50


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows below a page, to look at."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepInline(WithState, WithDuration, ReadOnlyInline):
    """The steps of a task, each with the result that Celery kept."""

    model = StepRun
    fields = readonly_fields = (
        "name",
        "weight",
        "state_shown",
        "done",
        "total",
        "attempts",
        "took",
        "celery_result",
        "error_message",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepRun]:
        results = TaskResult.objects.filter(task_id=OuterRef("celery_task_id"))
        steps: QuerySet[StepRun] = super().get_queryset(request)
        return steps.annotate(
            result_id=Subquery(results.values("pk")[:1]),
            result_status=Subquery(results.values("status")[:1]),
        )

    @admin.display(description="Celery result")
    def celery_result(self, step: Any) -> SafeString:
        if step.result_id is None:
            return NOTHING
        address = reverse("admin:django_celery_results_taskresult_change", args=[step.result_id])
        return format_html('<a href="{}">{}</a>', address, step.result_status)


class BatchInline(WithState, ReadOnlyInline):
    """The batches of a fan-out step, until it has succeeded."""

    model = StepBatch
    show_change_link = False
    fields = readonly_fields = (
        "number",
        "size",
        "state_shown",
        "attempts",
        "deaths",
        "retry_at",
        "lease_holder",
        "celery_task_id",
        "error_message",
    )


class EventInline(ReadOnlyInline):
    """The last events of a task."""

    model = TaskEvent
    verbose_name_plural = f"last {EVENTS_SHOWN} events"
    fields = readonly_fields = ("seq", "at", "type", "state", "percent", "step", "message", "data")
    show_change_link = False
    ordering = ("-seq",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskEvent]:
        # By number, because a formset filters what it is given, which a slice does not allow.
        events: QuerySet[TaskEvent] = super().get_queryset(request)
        return events.filter(seq__gt=F("task__last_seq") - EVENTS_SHOWN)
