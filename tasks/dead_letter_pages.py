"""The page of dead letters: in groups, each group's tasks, and one of them back into the queue. How
many go back at once is the work of `tasks.bulk_pages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from tasks import counting, dead_letters, lifecycle, permissions
from tasks.acts import Act
from tasks.dashboard import page, staff_only
from tasks.errors import IllegalTransition
from tasks.listing import NO_STEP, TaskFilter
from tasks.models import TaskQuerySet, TaskState
from tasks.states import State

LETTERS_A_PAGE = 25
COUNT_LIMIT = 9_999


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which dead letters somebody means. None stands for all."""

    workflow: str | None = None
    step: str | None = None
    error_code: str | None = None

    @classmethod
    def from_query(cls, query: QueryDict) -> Chosen:
        """What a query string or form names. A step may be named that is empty: a task can fail
        before its first one."""
        return cls(*(query.get(name) for name in ("workflow", "step", "error_code")))

    @property
    def fields(self) -> dict[str, str]:
        """What is named, as the fields of a form."""
        named = {"workflow": self.workflow, "step": self.step, "error_code": self.error_code}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def as_filter(self) -> TaskFilter:
        """The same as a filter of the list of tasks."""
        step = NO_STEP if self.step == "" else self.step or ""
        return TaskFilter(
            state=State.FAILED, workflow=self.workflow or "", step=step, error=self.error_code or ""
        )

    def of(self, user: Any) -> TaskQuerySet:
        """Those of them that the user may see."""
        return dead_letters.select(TaskState.objects.visible_to(user), **self.fields)


@staff_only
@require_safe
def dead_letter_list(request: HttpRequest) -> HttpResponse:
    """The groups; with a group named, its tasks."""
    chosen = Chosen.from_query(request.GET)
    letters = chosen.of(request.user)
    context: dict[str, Any] = {
        "chosen": chosen,
        "count": counting.up_to(COUNT_LIMIT, letters),
        "count_limit": COUNT_LIMIT,
        "may_retry": permissions.those(request.user, Act.RETRY, letters).exists(),
    }
    if chosen.fields:
        newest = letters.select_related("owner").order_by("-finished_at", "-pk")
        paginator = counting.CappedPaginator(newest, LETTERS_A_PAGE)
        context["letters"] = paginator.get_page(request.GET.get("page"))
    else:
        groups = dead_letters.groups(letters)
        context["groups"] = [(group, _chosen(group).as_filter.query_string()) for group in groups]
    return render(request, "tasks/dead_letters.html", context)


@staff_only
@require_POST
def retry_dead_letter(request: HttpRequest) -> HttpResponse:
    """Retry the dead letter that the form names by `task_id`; show what is left of its group."""
    chosen = Chosen.from_query(request.POST)
    letter = chosen.of(request.user).filter(pk=_uuid(request.POST.get("task_id", ""))).first()
    if letter is None:
        raise Http404
    try:
        lifecycle.retry(letter.pk, by=request.user)
    except IllegalTransition as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The task is back in the queue.")
    stays = chosen.fields if chosen.of(request.user).exists() else {}
    return redirect(f"{reverse('dashboard-dead-letters')}?{urlencode(stays)}".rstrip("?"))


def _chosen(group: dead_letters.Group) -> Chosen:
    return Chosen(group.workflow, group.step, group.error_code)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


urlpatterns = [
    *page("dashboard/dead-letters", dead_letter_list, "dashboard-dead-letters"),
    path("dashboard/dead-letters/retry", retry_dead_letter, name="dashboard-dead-letter-retry"),
]
