"""The admin's page of tasks: everything to look at, and verbs instead of edits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tasks import audit, lifecycle, waiting
from tasks.acts import Act
from tasks.admin_base import (
    NOTHING,
    Figure,
    ReadOnly,
    SeenByStaff,
    WithDuration,
    WithState,
    figure,
    in_short,
    list_address,
    list_link,
    object_link,
    progress_bar,
)
from tasks.admin_filters import MineFilter, UnfinishedFilter, WorkflowFilter
from tasks.admin_inlines import EventInline, StepInline
from tasks.admin_search import FoundByText
from tasks.admin_verbs import CANCEL, RETRY, START_OVER
from tasks.errors import EngineError
from tasks.masking import mask, masked
from tasks.models import AuditEntry, DeadLetter, StepRun, TaskEvent, TaskState, WebhookDelivery
from tasks.states import DeliveryState, State

ERRORS_SHOWN = 10
ACTS_SHOWN = 10
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
class TaskAdmin(SeenByStaff, ReadOnly, WithState, WithDuration, FoundByText):
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
    when_empty = "No task yet. Each build of an agent is one: start it in the dashboard."
    list_select_related = ("owner",)
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

    @admin.display(description="task")
    def title(self, task: TaskState) -> str:
        return task.subject or str(task.pk)

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
