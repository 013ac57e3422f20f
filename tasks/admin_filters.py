"""Filters of the admin's lists whose choices are known, so that no table is read to find them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from celery.states import ALL_STATES
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tasks import dead_letters, workflows
from tasks.models import TaskState
from tasks.states import ACTIVE, FINISHED, State, StepState


class ChoiceFilter(ABC, admin.SimpleListFilter):
    """One of `values` for the column `parameter_name`."""

    @abstractmethod
    def values(self) -> list[str]:
        """The choices, in order."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class WorkflowFilter(ChoiceFilter):
    """By workflow, of those that this installation knows."""

    title = parameter_name = "workflow"

    def values(self) -> list[str]:
        return list(workflows.names())


class ResultStatusFilter(ChoiceFilter):
    """By what Celery noted."""

    title = parameter_name = "status"

    def values(self) -> list[str]:
        return sorted(ALL_STATES)


class RevokedFilter(admin.SimpleListFilter):
    """Tokens by whether they still let somebody in."""

    title, parameter_name = "use", "revoked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "In use"), ("yes", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(revoked_at__isnull=value == "no") if value else queryset


class EndFilter(admin.SimpleListFilter):
    """Deliveries by how the run ended that they tell of."""

    title, parameter_name = "end", "task_state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, state.label) for state in State if state in FINISHED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(task_state=self.value()) if self.value() else queryset


class MineFilter(admin.SimpleListFilter):
    """One's own. Those of others are found by their owner's name."""

    title, parameter_name = "owner", "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Mine")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(owner=request.user.pk) if self.value() else queryset


class UnfinishedFilter(admin.SimpleListFilter):
    """What is the matter with tasks that are not finished. Few are, so each is looked at."""

    title, parameter_name = "work", "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("unfinished", "Unfinished"),
            ("held", "A worker works on it"),
            ("idle", "No worker works on it"),
            ("cancelling", "Being cancelled"),
            ("again", "Retried before"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {
            "unfinished": Q(),
            "held": Q(lease_expires_at__gt=timezone.now()),
            "idle": Q(lease_expires_at=None) | Q(lease_expires_at__lte=timezone.now()),
            "cancelling": Q(cancel_requested_at__isnull=False),
            "again": Q(run__gt=1),
        }.get(self.value() or "")
        if wanted is None:
            return queryset
        # The states say no more, but they lead into the index of what is unfinished.
        return queryset.filter(wanted, finished_at__isnull=True, state__in=ACTIVE)


class AtWorkFilter(admin.SimpleListFilter):
    """Steps of tasks that are not finished, by state: few are, so their steps are found by them.
    Of the others, each task has its own on its page, and dead letters are listed by their step."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = (StepState.RUNNING, StepState.RETRYING, StepState.PENDING)
        return [(state.value, state.label) for state in states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in StepState:
            return queryset
        unfinished = TaskState.objects.filter(finished_at__isnull=True, state__in=ACTIVE).order_by()
        return queryset.filter(state=self.value(), task__in=unfinished.values("pk"))


class FailedStepFilter(ChoiceFilter):
    """By the step that failed."""

    title, parameter_name = "failed step", "failed_step"

    def values(self) -> list[str]:
        named = (workflows.get(name).by_name for name in workflows.names())
        return sorted({step for steps in named for step in steps})


class ErrorCodeFilter(ChoiceFilter):
    """By the error codes that dead letters have."""

    title, parameter_name = "error code", "error_code"

    def values(self) -> list[str]:
        return dead_letters.error_codes(TaskState.objects.all())
