"""The pages about agents: their list, one agent with a chat to try it, its pages and passages, and
the forms that change and delete an agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents import editing, removal
from agents.edit_form import AgentForm
from agents.models import SEARCHED_NEWEST, AgentRecord, Page, PageStatus
from agents.params import WORKFLOW
from agents.providers.base import ProviderError
from agents.providers.registry import UnknownProvider, provider
from agents.refresh.request import CannotRefresh, refresh
from tasks import permissions
from tasks.acts import Act
from tasks.counting import CappedPaginator
from tasks.dashboard import page, staff_only
from tasks.models import TaskState
from tasks.states import ACTIVE

AGENTS_A_PAGE = 24
BUILDS_SHOWN = 6
LONGEST_NAME_SEARCH = 200
PAGES_A_PAGE = 25
CHUNKS_A_PAGE = 50
VERSIONS_SHOWN = 10
HITS = 20
LONGEST_SEARCH = 1_000
MARKDOWN_SHOWN = 100_000
"""Characters; the API has all of them."""


class AgentPaginator(CappedPaginator):
    """Fewer than of other rows: of each agent that is counted, the build's state is looked up, and
    for 10,000 of them PostgreSQL reads all there are."""

    limit = 1000


@staff_only
@require_safe
def agent_list(request: HttpRequest) -> HttpResponse:
    """Every agent that can be asked, newest first, or those that a text is found in; and what is
    being built."""
    agents = AgentRecord.objects.visible_to(request.user).ready()
    agents = agents.select_related("owner", "refresh_task")
    text = request.GET.get("q", "").strip()[:LONGEST_NAME_SEARCH]
    if text:
        agents = agents.about(text)
    shown = AgentPaginator(agents, AGENTS_A_PAGE).get_page(request.GET.get("page"))
    is_whole_list = not text and shown.number == 1
    context = {
        "agents": shown,
        "text": text,
        "searched": SEARCHED_NEWEST,
        "builds": _running_builds(request.user) if is_whole_list else [],
    }
    return render(request, "agents/list.html", context)


def _running_builds(user: Any) -> list[TaskState]:
    """The newest builds that are not finished."""
    builds = TaskState.objects.visible_to(user).filter(workflow=WORKFLOW)
    # A state at a time: that is read from an index in its order, however long the history is.
    newest = [
        task
        for state in ACTIVE
        for task in builds.filter(state=state).order_by("-created_at", "-id")[:BUILDS_SHOWN]
    ]
    return sorted(newest, key=lambda task: task.created_at, reverse=True)[:BUILDS_SHOWN]


@staff_only
@require_safe
def agent_page(request: HttpRequest, agent_id: UUID) -> HttpResponse:
    """One agent: who it is, a box to ask it, and what became of each page of its source."""
    agent = _visible_agent(request, agent_id)
    status = request.GET.get("status", "")
    pages = agent.pages.filter(status=status) if status in PageStatus else agent.pages.all()
    shown = CappedPaginator(pages.with_chunk_count(), PAGES_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "agent": agent,
        "pages": shown,
        "versions": agent.versions.order_by("-number")[:VERSIONS_SHOWN],
        "status": status,
        "status_counts": _status_counts(agent),
    }
    return render(request, "agents/agent.html", context)


@staff_only
@require_safe
def source_page(request: HttpRequest, agent_id: UUID, page_id: int) -> HttpResponse:
    """One page of an agent's source: what became of it, what was extracted, and its passages."""
    agent = _visible_agent(request, agent_id)
    pages = agent.pages.select_related("duplicate_of", "content")
    shown = get_object_or_404(pages, pk=page_id)
    chunks = CappedPaginator(shown.chunks.all(), CHUNKS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "agent": agent,
        "page": shown,
        "chunks": chunks,
        "totals": shown.chunks.aggregate(chunks=Count("pk"), tokens=Sum("token_count")),
        "markdown": shown.markdown[:MARKDOWN_SHOWN],
        "is_cut": len(shown.markdown) > MARKDOWN_SHOWN,
    }
    return render(request, "agents/page.html", context)


@staff_only
@require_safe
def passage(request: HttpRequest, agent_id: UUID, chunk_id: int) -> HttpResponse:
    """To a passage as it was read, at its place among those of its page."""
    agent = _visible_agent(request, agent_id)
    chunk = get_object_or_404(agent.chunks, pk=chunk_id)
    address = reverse("dashboard-agent-page", args=[agent.pk, chunk.page_id])
    part = chunk.position // CHUNKS_A_PAGE + 1
    return redirect(f"{address}?page={part}#passage-{chunk.position}")


@staff_only
@require_safe
def search_agent(request: HttpRequest, agent_id: UUID) -> HttpResponse:
    """What the agent's provider finds for a text, best first."""
    agent = _visible_agent(request, agent_id)
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    context: dict[str, Any] = {"agent": agent, "text": text, "hits": [], "fault": ""}
    if text:
        try:
            at = provider(agent.provider)
            context["hits"] = at.search(agent.provider_agent_id, text, HITS)
        except (ProviderError, UnknownProvider) as error:
            context["fault"] = str(error)
    return render(request, "agents/search.html", context)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_agent(request: HttpRequest, agent_id: UUID) -> HttpResponse:
    """The form for what an agent says of itself; sent without mistakes, it leads to the agent."""
    agent = _visible_agent(request, agent_id)
    permissions.require(request.user, Act.CHANGE, agent)
    form = AgentForm(request.POST or None, agent)
    if request.method == "POST" and form.is_valid():
        try:
            with _gone_is_404():
                editing.edit(agent.pk, form.changes, by=request.user)
            messages.success(request, "The agent is saved.")
            return redirect("dashboard-agent", agent_id=agent.pk)
        except (ProviderError, UnknownProvider) as error:
            form.add_error(None, f"Nothing was changed. {error}")
    return render(request, "agents/edit.html", {"agent": agent, "form": form})


@staff_only
@require_POST
def check_agent(request: HttpRequest, agent_id: UUID) -> HttpResponse:
    """What is wrong with the form as it stands, by field: the check of the change itself."""
    agent = _visible_agent(request, agent_id)
    form = AgentForm(request.POST, agent)
    form.is_valid()
    return JsonResponse({"errors": form.sentences})


@staff_only
@require_POST
def refresh_agent(request: HttpRequest, agent_id: UUID) -> HttpResponse:
    """Have the agent read again what has changed; leads to the refresh, live."""
    agent = _visible_agent(request, agent_id)
    try:
        with _gone_is_404():
            submission = refresh(agent.pk, request.user)
    except CannotRefresh as error:
        messages.error(request, str(error))
        return redirect("dashboard-agent", agent_id=agent.pk)
    return redirect("dashboard-task", task_id=submission.task.pk)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete_agent(request: HttpRequest, agent_id: UUID) -> HttpResponse:
    """Says what goes with the agent, and asks; the answer deletes it and leads to the list."""
    agent = _visible_agent(request, agent_id)
    permissions.require(request.user, Act.DELETE, agent)
    if request.method != "POST":
        return render(request, "agents/delete.html", {"agent": agent})
    with _gone_is_404():
        removal.delete(agent.pk, by=request.user)
    rest = "" if removal.remove(agent.pk) else " What is left of it goes in the background."
    messages.success(request, f"{agent} is deleted.{rest}")
    return redirect("dashboard-agents")


def _visible_agent(request: HttpRequest, agent_id: UUID) -> AgentRecord:
    visible = AgentRecord.objects.visible_to(request.user).ready()
    visible = visible.select_related("owner", "refresh_task")
    return get_object_or_404(visible, pk=agent_id)


@contextmanager
def _gone_is_404() -> Iterator[None]:
    """Somebody else may delete the agent between the look at it and the verb."""
    try:
        yield
    except AgentRecord.DoesNotExist as error:
        raise Http404 from error


def _status_counts(agent: AgentRecord) -> list[tuple[str, str, int]]:
    """How many pages of each status there are, as (status, label, count), without the empty."""
    counted = Page.objects.filter(agent=agent).order_by().values_list("status")
    counts: dict[str, int] = dict(counted.annotate(Count("pk")))
    return [
        (status, label, counts[status])
        for status, label in PageStatus.choices
        if counts.get(status)
    ]


urlpatterns = [
    *page("dashboard/agents", agent_list, "dashboard-agents"),
    *page("dashboard/agents/<uuid:agent_id>", agent_page, "dashboard-agent"),
    path(
        "dashboard/agents/<uuid:agent_id>/pages/<int:page_id>",
        source_page,
        name="dashboard-agent-page",
    ),
    path(
        "dashboard/agents/<uuid:agent_id>/passages/<int:chunk_id>",
        passage,
        name="dashboard-agent-passage",
    ),
    path("dashboard/agents/<uuid:agent_id>/search", search_agent, name="dashboard-agent-search"),
    path("dashboard/agents/<uuid:agent_id>/edit", edit_agent, name="dashboard-agent-edit"),
    path("dashboard/agents/<uuid:agent_id>/check", check_agent, name="dashboard-agent-edit-check"),
    path("dashboard/agents/<uuid:agent_id>/refresh", refresh_agent, name="dashboard-agent-refresh"),
    path("dashboard/agents/<uuid:agent_id>/delete", delete_agent, name="dashboard-agent-delete"),
]
