"""The first page: everything at one moment, which its script keeps up to date."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from tasks import hours, overview
from tasks.dashboard import staff_only
from tasks.hours import Column
from tasks.models import TaskState
from tasks.states import FINISHED


@staff_only
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What runs, waits and failed, figures over time, and health; the first steps while there is
    no task."""
    visible = TaskState.objects.visible_to(request.user)
    root = request.build_absolute_uri("/")
    if not visible.exists():
        return render(request, "tasks/welcome.html", {"root": root, "health": overview.health()})
    span = hours.span_named(request.GET.get("span", ""))
    columns = hours.columns(span)
    at_work, waits = overview.unfinished(visible)
    context = {
        "root": root,
        "running": overview.count(visible.running()),
        "queued": overview.count(visible.queued()),
        "at_work": at_work,
        "waits": waits,
        "failed": overview.failed(visible),
        "health": overview.health(),
        "queues": overview.queues(),
        "holders": overview.holders(),
        "span": span,
        "spans": hours.SPANS,
        "columns": columns,
        "ended": _ended(columns),
    }
    return render(request, "tasks/overview.html", context)


def _ended(columns: list[Column]) -> dict[str, Any]:
    """How many runs ended in each way in the time shown."""
    return {state.lower(): sum(each.ended[state] for each in columns) for state in FINISHED}


urlpatterns = [path("", home, name="home")]
