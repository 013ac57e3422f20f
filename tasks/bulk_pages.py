"""The pages that retry or cancel many tasks: how many it will be, and then how far it is.

The work is done by requests of about a second each, which the page sends one after another. So it
needs no worker, which may be the very thing that is missing; whoever leaves the page stops it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from tasks import bulk, permissions
from tasks.bulk import Verb
from tasks.dashboard import named_ids, staff_only
from tasks.listing import TaskFilter
from tasks.models import TaskQuerySet, TaskState


class BulkForm(forms.Form):
    """What is to be done, to which tasks, and how far it is."""

    verb = forms.ChoiceField(choices=Verb.choices)
    all = forms.BooleanField(required=False)
    query = forms.CharField(required=False)
    until = forms.DateTimeField(required=False)
    total = forms.IntegerField(required=False, min_value=0)
    done = forms.IntegerField(required=False, min_value=0)
    refused = forms.IntegerField(required=False, min_value=0)
    reason = forms.CharField(required=False)
    place_at = forms.DateTimeField(required=False)
    place_id = forms.UUIDField(required=False)


class Job:
    """A bulk action as its forms describe it, from the first question to the last request."""

    def __init__(self, request: HttpRequest, asked: dict[str, Any]) -> None:
        self.verb = Verb(asked["verb"])
        self.is_of_all: bool = asked["all"]
        self.filter = TaskFilter.from_query(QueryDict(asked["query"]))
        self.ids = [] if self.is_of_all else named_ids(request.POST.getlist("id"))
        self.until: datetime = asked["until"] or timezone.now()
        self.done: int = asked["done"] or 0
        self.refused: int = asked["refused"] or 0
        self.reason: str = asked["reason"]
        self.place = _place(asked["place_at"], asked["place_id"])
        self._by = request.user
        self._visible = TaskState.objects.visible_to(request.user)
        self.total: int = self.tasks.count() if asked["total"] is None else asked["total"]

    @property
    def tasks(self) -> TaskQuerySet:
        """Those that it is for: which fit, which the verb applies to, and which were there."""
        if self.is_of_all:
            fitting = self.filter.in_state(self.filter.apply(self._visible))
            chosen = fitting.matching(self.filter.text) if self.filter.is_search else fitting
        else:
            chosen = self._visible.filter(pk__in=self.ids)
        return bulk.touched(chosen, self.verb, self._by, self.until)

    @property
    def is_of_own(self) -> bool:
        """Whether it leaves out other people's tasks: who asks has not the permission."""
        return not permissions.may_always(self._by, bulk.act_of(self.verb), TaskState)

    @property
    def tried(self) -> int:
        return self.done + self.refused

    def go_on(self) -> bool:
        """Do the next of them; whether any are left."""
        progress = bulk.carry_out(self.tasks, self.verb, self._by, self.place)
        self.done += progress.done
        self.refused += progress.refused
        self.reason = progress.reason or self.reason
        self.place = progress.place
        return self.place is not None


def _place(at: datetime | None, task_id: UUID | None) -> bulk.Place | None:
    return (at, task_id) if at and task_id else None


def _for_job(
    view: Callable[[HttpRequest, Job], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The view of the job that a form describes."""

    @staff_only
    @require_POST
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        form = BulkForm(request.POST)
        if not form.is_valid():
            return HttpResponseBadRequest("Go back to the list and choose what to do again.")
        return view(request, Job(request, form.cleaned_data))

    return answer


@_for_job
def ask(request: HttpRequest, job: Job) -> HttpResponse:
    """Say how many tasks it will be, and ask."""
    return render(request, "tasks/bulk_ask.html", {"job": job})


@_for_job
def run(request: HttpRequest, job: Job) -> HttpResponse:
    """Do the next of them, and say how far it is."""
    is_running = job.go_on()
    return render(request, "tasks/bulk_run.html", {"job": job, "is_running": is_running})


urlpatterns = [
    path("dashboard/tasks/bulk", ask, name="dashboard-tasks-bulk"),
    path("dashboard/tasks/bulk/run", run, name="dashboard-tasks-bulk-run"),
]
