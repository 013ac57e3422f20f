"""The pages about tasks: their list, one task live, and what can be done about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import user_passes_test
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST, require_safe

from tasks import lifecycle, listing, task_page, workflows
from tasks.errors import IllegalTransition
from tasks.listing import TaskFilter
from tasks.models import TaskQuerySet, TaskState

NUMBER = re.compile(r"[0-9]{1,18}")

staff_only = user_passes_test(lambda user: user.is_active and user.is_staff)


@staff_only
@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """Every task, newest first; the first steps while there is none."""
    chosen = TaskFilter.from_query(request.GET)
    tasks = chosen.apply(TaskState.objects.visible_to(request.user))
    shown = _page(request, chosen, chosen.in_state(tasks))
    context = {
        "page": shown,
        "rows": listing.rows(shown.tasks),
        "filter": chosen,
        "page_sizes": listing.PAGE_SIZES,
        "tabs": listing.tabs(tasks, chosen),
        "workflows": workflows.names(),
        "is_first_page": not {"before", "start"} & request.GET.keys(),
        "is_empty": not shown.tasks and not TaskState.objects.visible_to(request.user).exists(),
    }
    return render(request, "tasks/list.html", context)


def _page(request: HttpRequest, chosen: TaskFilter, tasks: TaskQuerySet) -> listing.Page:
    if not chosen.is_search:
        return listing.page(tasks, chosen, _named_task(request, "before"))
    start = request.GET.get("start", "")
    return listing.found_page(tasks, chosen, int(start) if NUMBER.fullmatch(start) else None)


@staff_only
@require_safe
def task_rows(request: HttpRequest) -> HttpResponse:
    """The rows of the tasks that `id` names, for a list that is kept up to date in place.

    `newest` is the first task of that list; the answer says how many came after it.
    """
    visible = TaskState.objects.visible_to(request.user)
    ids = named_ids(request.GET.getlist("id"))
    newest = _named_task(request, "newest")
    chosen = TaskFilter.from_query(request.GET)
    context = {
        "rows": listing.rows(visible.filter(pk__in=ids).select_related("owner")),
        "newer": listing.newer_count(chosen.in_state(chosen.apply(visible)), chosen, newest)
        if newest
        else "0",
    }
    return render(request, "tasks/rows_update.html", context)


@staff_only
@require_safe
def show_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task, which the page's script then follows over the WebSocket."""
    # The task is read before its steps and events: what happens in between is newer than
    # `last_seq`, so the watcher hears of it again.
    task = _visible_task(request, task_id)
    return render(
        request, "tasks/task.html", task_page.whole(task, request.build_absolute_uri("/"))
    )


@staff_only
@require_safe
def task_parts(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The parts of the page that only the server can draw, for its script to take over."""
    return render(request, "tasks/parts.html", task_page.parts(_visible_task(request, task_id)))


@staff_only
@require_safe
def task_log(request: HttpRequest, task_id: UUID) -> StreamingHttpResponse:
    """The whole log as a file."""
    task = _visible_task(request, task_id)
    return StreamingHttpResponse(
        task_page.log_file(task),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="task-{task.pk}.log"'},
    )


def _visible_task(request: HttpRequest, task_id: UUID) -> TaskState:
    visible = TaskState.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(visible, pk=task_id)


@staff_only
@require_POST
def cancel_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Cancel the task and show its page."""
    return _carry_out(request, task_id, lambda: lifecycle.cancel(task_id, by=request.user))


@staff_only
@require_POST
def retry_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Retry the task, from its first step if the form's `from` says `start`; show its page."""
    start_over = request.POST.get("from") == "start"
    return _carry_out(
        request, task_id, lambda: lifecycle.retry(task_id, by=request.user, start_over=start_over)
    )


def _carry_out(request: HttpRequest, task_id: UUID, verb: Callable[[], Any]) -> HttpResponse:
    get_object_or_404(TaskState.objects.visible_to(request.user), pk=task_id)
    try:
        verb()
    except IllegalTransition as error:
        messages.error(request, str(error))
    return redirect("dashboard-task", task_id=task_id)


def _named_task(request: HttpRequest, parameter: str) -> TaskState | None:
    """The task whose id a parameter of the query string holds; None if it names none."""
    pk = _uuid(request.GET.get(parameter, ""))
    return TaskState.objects.visible_to(request.user).filter(pk=pk).first() if pk else None


def named_ids(texts: list[str]) -> list[UUID]:
    """Those of the texts that are ids, no more than the largest page has."""
    return [pk for pk in map(_uuid, texts[: max(listing.PAGE_SIZES)]) if pk]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def page(pattern: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    """The two patterns of a page: its address ends with a slash, and is forgiven one without."""
    return [path(f"{pattern}/", view, name=name), path(pattern, view)]


urlpatterns = [
    *page("login", LoginView.as_view(), "login"),
    *page("logout", LogoutView.as_view(), "logout"),
    *page("dashboard/tasks", task_list, "dashboard-tasks"),
    *page("dashboard/tasks/<uuid:task_id>", show_task, "dashboard-task"),
    path("dashboard/tasks/rows", task_rows, name="dashboard-task-rows"),
    path("dashboard/tasks/<uuid:task_id>/parts", task_parts, name="dashboard-task-parts"),
    path("dashboard/tasks/<uuid:task_id>/log", task_log, name="dashboard-task-log"),
    path("dashboard/tasks/<uuid:task_id>/cancel", cancel_task, name="dashboard-task-cancel"),
    path("dashboard/tasks/<uuid:task_id>/retry", retry_task, name="dashboard-task-retry"),
]
