"""The admin's pages of the engine: everything to look at, and verbs instead of edits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tasks import (
    admin_audit,  # noqa: F401  (registers its page, as the next does)
    admin_webhooks,  # noqa: F401
    dead_letters,
    display,
    lifecycle,
    search,
    tokens,
)
from tasks.acts import Act
from tasks.admin_base import (
    FoundByTask,
    ModelAdmin,
    ReadOnly,
    Styled,
    list_link,
    progress_bar,
    state_badge,
)
from tasks.admin_filters import ErrorCodeFilter, FailedStepFilter, StepFilter, WorkflowFilter
from tasks.admin_inlines import BatchInline, EventInline, StepInline
from tasks.counting import CappedPaginator
from tasks.errors import EngineError
from tasks.masking import mask, masked
from tasks.models import (
    ApiToken,
    DeadLetter,
    StepRun,
    TaskEvent,
    TaskState,
    WebhookDelivery,
)

ERRORS_SHOWN = 10
CUT = "search_is_cut"
"""What a request is marked with whose search has not found all."""
SECRETIVE = {"params", "callback_url"}
"""Columns that are shown masked."""


@admin.register(TaskState)
class TaskAdmin(ReadOnly, Styled, ModelAdmin):
    """Tasks. Only the lifecycle writes them; the actions call its verbs."""

    list_display = (
        "title",
        "state_shown",
        "progress",
        "workflow",
        "owner",
        "created_at",
        "took",
    )
    list_filter: ClassVar[tuple[Any, ...]] = ("state", WorkflowFilter, "created_at")
    list_select_related = ("owner",)
    search_fields = ("text__text",)
    search_help_text = "A part of a subject or an error, an id, or the whole name of an owner."
    sortable_by = ("created_at",)
    inlines = (StepInline, EventInline)
    actions = ("retry_selected", "cancel_selected")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is computed first, then every column that holds no secret as it is."""
        columns = [f.name for f in TaskState._meta.fields if f.name not in SECRETIVE]
        return [
            "state_shown",
            "progress",
            "took",
            "all_events",
            "all_steps",
            "parameters",
            "webhook",
            *columns,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaskState], search_term: str
    ) -> tuple[QuerySet[TaskState], bool]:
        """The tasks of the owner of that name; if there is none, the newest that the text finds.
        An action is for all that it finds."""
        owned = {"owner__username": search_term}
        if search_term and TaskState.objects.filter(**owned).exists():
            return queryset.filter(**owned), False
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

    @admin.display(description="task")
    def title(self, task: TaskState) -> str:
        return task.subject or str(task.pk)

    @admin.display(description="state")
    def state_shown(self, task: TaskState) -> SafeString:
        return state_badge(task)

    @admin.display(description="progress")
    def progress(self, task: TaskState) -> SafeString:
        return progress_bar(task.percent)

    @admin.display(description="took", empty_value="–")
    def took(self, task: TaskState) -> str | None:
        return display.elapsed(task.started_at, task.finished_at) or None

    @admin.display(description="parameters")
    def parameters(self, task: TaskState) -> str:
        return json.dumps(masked(task.params), ensure_ascii=False)

    @admin.display(description="callback URL", empty_value="–")
    def webhook(self, task: TaskState) -> SafeString | None:
        if not task.callback_url:
            return None
        return list_link(WebhookDelivery, mask(task.callback_url), task__id=task.pk)

    @admin.display(description="events")
    def all_events(self, task: TaskState) -> SafeString:
        return list_link(TaskEvent, f"All {task.last_seq} events", task__id=task.pk)

    @admin.display(description="steps")
    def all_steps(self, task: TaskState) -> SafeString:
        return list_link(StepRun, "Its steps, with their Celery task ids", task__id=task.pk)

    @admin.action(
        description="Retry selected tasks, each from where it stopped", permissions=[Act.RETRY]
    )
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[TaskState]) -> None:
        self._each(request, queryset, lifecycle.retry, "retried")

    @admin.action(description="Cancel selected tasks", permissions=[Act.CANCEL])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[TaskState]) -> None:
        self._each(request, queryset, lifecycle.cancel, "cancelled, or told to stop")

    def _each(
        self,
        request: HttpRequest,
        tasks: QuerySet[TaskState],
        verb: Callable[..., Any],
        done: str,
    ) -> None:
        """Carry out `verb` on each task, and say how often it worked and why it did not."""
        refused: list[str] = []
        chosen = list(tasks)
        for task in chosen:
            try:
                verb(task.pk, by=request.user)
            except EngineError as error:
                refused.append(f"{self.title(task)}: {error}")
        if len(chosen) > len(refused):
            count = len(chosen) - len(refused)
            self.message_user(request, f"{count} of {len(chosen)} tasks {done}.", messages.SUCCESS)
        for sentence in refused[:ERRORS_SHOWN]:
            self.message_user(request, sentence, messages.ERROR)
        if len(refused) > ERRORS_SHOWN:
            more = len(refused) - ERRORS_SHOWN
            self.message_user(request, f"{more} more tasks were refused.", messages.ERROR)


def _acted_on(request: HttpRequest, tasks: Any) -> Any:
    """Those of `tasks` that the action of a request, if it is one, can be for."""
    if request.method != "POST" or request.POST.get("select_across", "0") != "0":
        return tasks
    return tasks.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))


@admin.register(DeadLetter)
class DeadLetterAdmin(TaskAdmin):
    """Tasks that failed after every retry they were allowed, to be retried by the group."""

    list_display = (
        "title",
        "workflow",
        "failed_step",
        "error_code",
        "error_message",
        "owner",
        "finished_at",
    )
    list_filter = (WorkflowFilter, FailedStepFilter, ErrorCodeFilter, "finished_at")
    sortable_by = ("finished_at",)
    actions = ("retry_selected", "retry_selected_from_start")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskState]:
        letters: Any = super().get_queryset(request)
        found: QuerySet[TaskState] = letters.dead_letters()
        return found

    @admin.display(description="failed step")
    def failed_step(self, task: TaskState) -> str:
        return task.current_step

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
        said = f"{done.retried} dead letters retried, {done.refused} refused."
        if left := letters.count():
            said += f" {left} of those selected are left; repeat the action to go on."
        self.message_user(request, said, messages.WARNING if left else messages.SUCCESS)


@admin.register(StepRun)
class StepAdmin(ReadOnly, Styled, FoundByTask):
    """Steps, to look at."""

    list_display = ("name", "task", "state_shown", "done", "total", "attempts", "celery_task_id")
    list_filter = ("state", StepFilter)
    list_select_related = ("task",)
    inlines = (BatchInline,)

    @admin.display(description="state")
    def state_shown(self, step: StepRun) -> SafeString:
        return state_badge(step)


@admin.register(TaskEvent)
class EventAdmin(ReadOnly, FoundByTask):
    """Events, to look at."""

    list_display = ("seq", "task", "at", "type", "state", "percent", "step", "message")
    list_select_related = ("task",)


@admin.register(ApiToken)
class TokenAdmin(ReadOnly, ModelAdmin):
    """API tokens: issued and revoked, never edited."""

    list_display = ("name", "user", "hint", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at", "created_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "hint")
    actions = ("revoke_selected",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return ModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A new token is asked for by owner and name; the rest is made. A digest is never shown."""
        made = ("hint", "created_at", "last_used_at", "revoked_at") if obj else ()
        return ("user", "name", *made)

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Issue the token that was asked for, and show it this once."""
        token, plaintext = tokens.issue(obj.user, obj.name, by=request.user)
        obj.pk, obj.hint = token.pk, token.hint
        self.message_user(
            request, f"Copy the token now; it is not shown again: {plaintext}", messages.WARNING
        )

    @admin.action(description="Revoke selected tokens", permissions=[Act.REVOKE])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            tokens.revoke(token, by=request.user)
        self.message_user(request, f"{len(queryset)} tokens revoked.", messages.SUCCESS)
