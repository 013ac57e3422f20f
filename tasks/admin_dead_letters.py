"""The admin's page of dead letters, and their retry by the group."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks import dead_letters
from tasks.acts import Act
from tasks.admin_base import Figure, WithError
from tasks.admin_filters import ErrorCodeFilter, FailedStepFilter, MineFilter, WorkflowFilter
from tasks.admin_tasks import TaskAdmin
from tasks.models import DeadLetter, TaskState


@admin.register(DeadLetter)
class DeadLetterAdmin(WithError, TaskAdmin):
    """Tasks that failed after every retry they were allowed, to be retried by the group."""

    dates = "finished_at"
    when_empty = "Nothing has failed for good. What fails after all its retries comes here."

    list_display = (
        "title",
        "workflow",
        "failed_step",
        "error_code",
        "error",
        "owner",
        "finished_at",
    )
    list_filter = (WorkflowFilter, FailedStepFilter, ErrorCodeFilter, MineFilter, "finished_at")
    sortable_by = ("finished_at",)
    actions = ("retry_selected", "retry_selected_from_start")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskState]:
        letters: Any = super().get_queryset(request)
        found: QuerySet[TaskState] = letters.dead_letters()
        return found

    def figures(self) -> list[Figure]:
        return []  # The page of tasks has them all.

    @admin.action(
        description="Retry selected dead letters, each from the step that failed",
        permissions=[Act.RETRY],
    )
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[TaskState]) -> None:
        self._retry(request, queryset, start_over=False)

    @admin.action(
        description="Retry selected dead letters, each from the start", permissions=[Act.RETRY]
    )
    def retry_selected_from_start(
        self, request: HttpRequest, queryset: QuerySet[TaskState]
    ) -> None:
        self._retry(request, queryset, start_over=True)

    def _retry(self, request: HttpRequest, letters: Any, start_over: bool) -> None:
        at_most = dead_letters.RETRIED_AT_ONCE
        done = dead_letters.retry(letters, request.user, start_over=start_over, at_most=at_most)
        noun = "dead letter" if done.retried == 1 else "dead letters"
        said = f"{done.retried} {noun} retried, {done.refused} refused."
        if left := letters.count():
            said += f" {left} of those selected are left; repeat the action to go on."
        self.message_user(request, said, messages.WARNING if left else messages.SUCCESS)
