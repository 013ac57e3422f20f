"""The page of dead letters: in groups, each group's tasks, and back into the queue."""

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

from tasks import counting, dead_letters, permissions
from tasks.acts import Act
from tasks.dashboard import page, staff_only
from tasks.models import TaskQuerySet, TaskState

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
        "at_once": dead_letters.RETRIED_AT_ONCE,
        "may_retry": permissions.those(request.user, Act.RETRY, letters).exists(),
    }
    if chosen.fields:
        newest = letters.select_related("owner").order_by("-finished_at", "-pk")
        paginator = counting.CappedPaginator(newest, LETTERS_A_PAGE)
        context["letters"] = paginator.get_page(request.GET.get("page"))
    else:
        context["groups"] = dead_letters.groups(letters)
    return render(request, "tasks/dead_letters.html", context)


@staff_only
@require_POST
def retry_dead_letters(request: HttpRequest) -> HttpResponse:
    """Retry the dead letter that the form names by `task_id`, or those of the group that it names,
    or all; show what is left."""
    chosen = Chosen.from_query(request.POST)
    letters = chosen.of(request.user)
    if task_id := request.POST.get("task_id"):
        letters = letters.filter(pk=_uuid(task_id))
        if not letters.exists():
            raise Http404
    done = dead_letters.retry(
        letters,
        by=request.user,
        start_over=request.POST.get("from") == "start",
        at_most=dead_letters.RETRIED_AT_ONCE,
    )
    left = counting.up_to(COUNT_LIMIT, permissions.those(request.user, Act.RETRY, letters))
    level = messages.WARNING if left or done.refused else messages.SUCCESS
    messages.add_message(request, level, _told(done, left))
    stays = chosen.fields if chosen.of(request.user).exists() else {}
    return redirect(f"{reverse('dashboard-dead-letters')}?{urlencode(stays)}".rstrip("?"))


def _told(done: dead_letters.Outcome, left: int) -> str:
    """What became of it, in sentences."""
    tasks = "task is" if done.retried == 1 else "tasks are"
    sentences = [f"{done.retried:,} {tasks} back in the queue."]
    if done.refused:
        sentences.append(
            f"{done.refused:,} could not be retried: they are somebody else's, somebody was "
            "faster, or this installation no longer knows their workflow."
        )
    elif left:
        number = f"More than {COUNT_LIMIT:,}" if left > COUNT_LIMIT else f"{left:,}"
        sentences.append(f"{number} are left. Retry again to go on.")
    return " ".join(sentences)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


urlpatterns = [
    *page("dashboard/dead-letters", dead_letter_list, "dashboard-dead-letters"),
    path("dashboard/dead-letters/retry", retry_dead_letters, name="dashboard-dead-letters-retry"),
]
