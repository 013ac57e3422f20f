"""The page that starts a build: its form, checked while it is filled in."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from agents import params
from agents.forms import BuildCheck, BuildForm
from tasks import lifecycle
from tasks.dashboard import staff_only
from tasks.errors import IdempotencyConflict
from tasks.models import TaskState


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_agent(request: HttpRequest) -> HttpResponse:
    """The form for a new agent; sent without mistakes, it leads to the build, live.

    A script that sends it, to tell how far the files are, asks for JSON and gets the address to go
    to, or what is wrong with which field.
    """
    form = BuildForm(request.user, request.POST or None, request.FILES or None)
    task = _submitted(request, form) if request.method == "POST" else None
    if request.headers.get("Accept") == "application/json":
        return _as_json(form, task)
    if task:
        return redirect("dashboard-task", task_id=task.pk)
    limits = {
        "file_bytes": settings.AGENTFORGE_DOCUMENT_MAX_BYTES,
        "files": settings.AGENTFORGE_MAX_DOCUMENTS,
        "upload_bytes": settings.AGENTFORGE_UPLOAD_MAX_BYTES,
    }
    return render(request, "agents/new.html", {"form": form, "limits": limits})


@staff_only
@require_POST
def check_new_agent(request: HttpRequest) -> HttpResponse:
    """What is wrong with the form as it stands, by field: the check of the build itself."""
    form = BuildCheck(request.user, request.POST)
    form.is_valid()
    return JsonResponse({"errors": form.sentences})


def _submitted(request: HttpRequest, form: BuildForm) -> TaskState | None:
    """The build that the form has started; None if something is wrong with it."""
    if not form.is_valid():
        return None
    key = f"form-{form.cleaned_data['key']}"
    try:
        submission = lifecycle.submit(
            params.WORKFLOW, form.params, request.user, idempotency_key=key
        )
    except IdempotencyConflict:
        form.add_error(None, "This form has started another build already. Open the form again.")
        return None
    return submission.task


def _as_json(form: BuildForm, task: TaskState | None) -> JsonResponse:
    if task:
        return JsonResponse({"location": reverse("dashboard-task", args=[task.pk])})
    return JsonResponse({"errors": form.sentences}, status=HTTPStatus.BAD_REQUEST)


urlpatterns = [
    path("dashboard/agents/new", new_agent, name="dashboard-agent-new"),
    path("dashboard/agents/new/check", check_new_agent, name="dashboard-agent-check"),
]
