"""The admin's pages of the engine: everything to look at, and verbs instead of edits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tasks import (
    admin_audit,  # noqa: F401  (registers its page, as the next does)
    admin_results,  # noqa: F401
    admin_webhooks,  # noqa: F401
    audit,
    dead_letters,
    display,
    lifecycle,
    search,
    tokens,
    waiting,
)
from tasks.acts import Act
from tasks.admin_base import (
    NOTHING,
    Figure,
    FoundByTask,
    ModelAdmin,
    ReadOnly,
    SeenByStaff,
    figure,
    in_short,
    list_address,
    list_link,
    object_link,
    of_task,
    progress_bar,
    row_link,
    state_badge,
)
from tasks.admin_filters import (
    ErrorCodeFilter,
    FailedStepFilter,
    MineFilter,
    StepFilter,
    UnfinishedFilter,
    WorkflowFilter,
)
from tasks.admin_inlines import BatchInline, EventInline, StepInline
from tasks.admin_results import celery_link
from tasks.admin_verbs import CANCEL, RETRY, REVOKE, START_OVER
from tasks.counting import CappedPaginator
from tasks.errors import EngineError
from tasks.masking import mask, masked
from tasks.models import (
    ApiToken,
    AuditEntry,
    DeadLetter,
    StepBatch,
    StepRun,
    TaskEvent,
    TaskState,
    WebhookDelivery,
)
from tasks.states import DeliveryState, State

ERRORS_SHOWN = 10
ACTS_SHOWN = 10
CUT = "search_is_cut"
"""What a request is marked with whose search has not found all."""
SECRETIVE = {"params", "callback_url"}
"""Columns that are shown masked."""


TASK_FIELDS: list[tuple[str | None, dict[str, Any]]] = [
    (
        None,
        {
            "fields": [
                "state_shown",
                "progress",
                "current_step",
                "details",
                "waits_for",
                "error_code",
                "error_message",
                "dashboard",
                "acts",
            ]
        },
    ),
    (
        "What it is",
        {
            "fields": [
                "workflow",
                "subject",
                "owner",
                "agent_link",
                "priority",
                "parameters",
                "result",
                "webhook",
                "all_steps",
                "all_events",
            ]
        },
    ),
    (
        "When",
        {"fields": ["created_at", "queued_at", "started_at", "finished_at", "took", "run"]},
    ),
]


@admin.register(TaskState)
class TaskAdmin(SeenByStaff, ReadOnly, ModelAdmin):
    """Tasks. Only the lifecycle writes them; actions and buttons call its verbs."""

    list_display: tuple[Any, ...] = (
        "title",
        "state_shown",
        "progress_and_step",
        "owner",
        "created",
        "took",
        "run",
        "workflow",
        "agent_link",
    )
    list_filter: ClassVar[tuple[Any, ...]] = (
        "state",
        UnfinishedFilter,
        WorkflowFilter,
        MineFilter,
        "created_at",
    )
    dates = "created_at"
    list_select_related = ("owner",)
    search_fields = ("text__text",)
    search_help_text = "A part of a subject or an error, an id, or the whole name of an owner."
    sortable_by = ("created_at",)
    inlines = (StepInline, EventInline)
    actions = ("retry_selected", "cancel_selected")
    buttons = (CANCEL, RETRY, START_OVER)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What people ask for first; then every column that is left and holds no secret."""
        named = {name for _, options in TASK_FIELDS for name in options["fields"]}
        left = [f.name for f in TaskState._meta.fields if f.name not in named | SECRETIVE]
        engine = {"classes": ["collapse"], "fields": left}
        return [*TASK_FIELDS, ("What the engine notes", engine)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def figures(self) -> list[Figure]:
        """What runs and what waits, what has failed, and what is still to be told."""
        tasks = TaskState.objects
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        since = {"finished_at__gte": str(today), "finished_at__lt": str(today + timedelta(days=1))}
        failed = tasks.dead_letters().filter(finished_at__gte=today)
        return [
            figure(
                "running",
                tasks.running(),
                list_address(TaskState, state__exact=State.RUNNING),
                "running",
            ),
            figure("waiting", tasks.queued(), list_address(TaskState, state__exact=State.QUEUED)),
            figure("failed today", failed, list_address(DeadLetter, **since), "failed"),
            figure("dead letters", tasks.dead_letters(), list_address(DeadLetter), "failed"),
            figure(
                "webhooks to be sent",
                WebhookDelivery.objects.filter(next_attempt_at__isnull=False),
                list_address(WebhookDelivery, state__exact=DeliveryState.PENDING),
            ),
        ]

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

    @admin.display(description="created", ordering="created_at")
    def created(self, task: TaskState) -> str:
        return in_short(task.created_at)

    @admin.display(description="progress")
    def progress_and_step(self, task: TaskState) -> SafeString:
        step = "" if task.state == State.SUCCESS else task.current_step
        return format_html('{}<br><span class="mini">{}</span>', progress_bar(task.percent), step)

    @admin.display(description="agent")
    def agent_link(self, task: TaskState) -> SafeString:
        if not task.agent_id:
            return NOTHING
        return object_link("agents.agentrecord", str(task.agent_id), f"{str(task.agent_id)[:8]}…")

    @admin.display(description="dashboard")
    def dashboard(self, task: TaskState) -> SafeString:
        return format_html(
            '<a href="{}">Its page, live</a>', reverse("dashboard-task", args=[task.pk])
        )

    @admin.display(description="why it waits")
    def waits_for(self, task: TaskState) -> str:
        reason = waiting.reason(task)
        return reason.sentence if reason else NOTHING

    @admin.display(description="what was done to it")
    def acts(self, task: TaskState) -> SafeString:
        """The last entries of the audit trail, and the way to the others."""
        newest = audit.of(task)[:ACTS_SHOWN]
        lines = format_html_join(
            "",
            "<li>{} by {}, {}</li>",
            ((e.get_action_display(), e.actor, _in_short(e)) for e in newest),
        )
        if not lines:
            return NOTHING
        all_of_them = list_link(AuditEntry, "All of it", task_id=task.pk)
        return format_html('<ul class="acts">{}</ul>{}', lines, all_of_them)

    @admin.display(description="progress")
    def progress(self, task: TaskState) -> SafeString:
        return progress_bar(task.percent)

    @admin.display(description="took")
    def took(self, task: TaskState) -> str:
        return display.elapsed(task.started_at, task.finished_at) or NOTHING

    @admin.display(description="parameters")
    def parameters(self, task: TaskState) -> str:
        return json.dumps(masked(task.params), ensure_ascii=False)

    @admin.display(description="callback URL")
    def webhook(self, task: TaskState) -> SafeString:
        if not task.callback_url:
            return NOTHING
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


def _in_short(entry: AuditEntry) -> str:
    """When it was done, and from where."""
    return f"{in_short(entry.at)}, {entry.get_source_display()}"


def _acted_on(request: HttpRequest, tasks: Any) -> Any:
    """Those of `tasks` that the action of a request, if it is one, can be for."""
    if request.method != "POST" or request.POST.get("select_across", "0") != "0":
        return tasks
    return tasks.filter(pk__in=request.POST.getlist(ACTION_CHECKBOX_NAME))


@admin.register(DeadLetter)
class DeadLetterAdmin(TaskAdmin):
    """Tasks that failed after every retry they were allowed, to be retried by the group."""

    dates = "finished_at"

    list_display = (
        "title",
        "workflow",
        "failed_step",
        "error_code",
        "error_message",
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
class StepAdmin(SeenByStaff, ReadOnly, FoundByTask):
    """Steps, to look at."""

    list_display = (
        "name",
        "task_link",
        "state_shown",
        "progress",
        "attempts",
        "took",
        "celery_result",
        "error_message",
    )
    list_filter = ("state", StepFilter)
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

    @admin.display(description="took")
    def took(self, step: StepRun) -> str:
        return display.elapsed(step.started_at, step.finished_at) or NOTHING

    @admin.display(description="output")
    def output_shown(self, step: StepRun) -> str:
        return json.dumps(masked(step.output), ensure_ascii=False)

    @admin.display(description="Celery result")
    def celery_result(self, step: StepRun) -> SafeString:
        return celery_link(step.celery_task_id)

    @admin.display(description="state")
    def state_shown(self, step: StepRun) -> SafeString:
        return state_badge(step)


@admin.register(TaskEvent)
class EventAdmin(SeenByStaff, ReadOnly, FoundByTask):
    """Events, to look at."""

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

    @admin.display(description="state")
    def state_shown(self, event: TaskEvent) -> SafeString:
        return state_badge(event)


@admin.register(StepBatch)
class BatchAdmin(SeenByStaff, ReadOnly, ModelAdmin):
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
        "error_message",
    )
    list_select_related = ("step",)
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
        return of_task(queryset, search_term, "step__task"), False

    @admin.display(description="step")
    def step_link(self, batch: StepBatch) -> SafeString:
        return row_link(batch.step, str(batch.step))

    @admin.display(description="state")
    def state_shown(self, batch: StepBatch) -> SafeString:
        return state_badge(batch)

    @admin.display(description="Celery result")
    def celery_result(self, batch: StepBatch) -> SafeString:
        return celery_link(batch.celery_task_id)


@admin.register(ApiToken)
class TokenAdmin(ReadOnly, ModelAdmin):
    """API tokens: issued and revoked, never edited."""

    list_display = ("name", "user", "hint", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "created_at")
    buttons = (REVOKE,)
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
