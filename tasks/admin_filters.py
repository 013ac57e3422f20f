"""Filters of the admin's lists whose choices are known, so that no table is read to find them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tasks import dead_letters, workflows
from tasks.models import TaskState


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


class StepFilter(ChoiceFilter):
    """By the name of a step."""

    title, parameter_name = "step", "name"

    def values(self) -> list[str]:
        named = (workflows.get(name).by_name for name in workflows.names())
        return sorted({step for steps in named for step in steps})


class FailedStepFilter(StepFilter):
    """By the step that failed."""

    title, parameter_name = "failed step", "current_step"


class ErrorCodeFilter(ChoiceFilter):
    """By the error codes that dead letters have."""

    title, parameter_name = "error code", "error_code"

    def values(self) -> list[str]:
        return dead_letters.error_codes(TaskState.objects.all())
