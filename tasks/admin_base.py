"""What the admin pages of this project share: pages to look at, and the look of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tasks import display, permissions
from tasks.acts import Act
from tasks.counting import CappedPaginator

if TYPE_CHECKING:
    BaseModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    BaseModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


CHECKBOX = (
    '<input type="checkbox" name="{}" value="{}" class="action-select" '
    'aria-label="Select this object for an action - {}">'
)


class ModelAdmin(BaseModelAdmin):
    """A page that costs the same however many rows there are."""

    paginator = CappedPaginator
    show_full_result_count = False

    def action_checkbox(self, obj: Model) -> SafeString:
        """The box that selects a row, as Django has it. Django renders a template for each, which
        takes a fifth of a page's time."""
        return format_html(CHECKBOX, ACTION_CHECKBOX_NAME, obj.pk, obj)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self._may_always(request, Act.CANCEL)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return self._may_always(request, Act.RETRY)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return self._may_always(request, Act.REPLAY)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self._may_always(request, Act.REVOKE)

    def _may_always(self, request: HttpRequest, act: Act) -> bool:
        return permissions.may_always(request.user, act, self.model)


class FoundByTask(ModelAdmin):
    """Rows that are found by the id of their task, and sorted as they are indexed."""

    search_fields = ("task__id",)
    search_help_text = "The id of a task."
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(task=UUID(search_term)), False
        except ValueError:
            return queryset.none(), False


class ReadOnly:
    """Rows that nobody adds, edits or deletes by hand.

    Whoever may change them may still use the page's actions: those ask without a row.
    """

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Styled:
    """The look of states and progress."""

    class Media:
        css = {"all": ["css/admin.css"]}


def state_badge(row: Any) -> SafeString:
    """The state of a task or step, coloured and in words."""
    return format_html(
        '<span class="task-state" data-tone="{}">{}</span>',
        row.state.lower(),
        row.get_state_display(),
    )


def progress_bar(value: float) -> SafeString:
    """A percent as a bar and in figures."""
    text = display.percent(value)
    return format_html(
        '<span class="task-progress"><progress max="100" value="{}"></progress>{} %</span>',
        text,
        text,
    )


def row_link(row: Model, label: str) -> SafeString:
    """A link to the row's own admin page."""
    meta = row._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, label)


def object_link(model: str, pk: str, label: str) -> SafeString:
    """A link to the page of an object that may be gone; Django says so then.

    Args:
        model: as in `tasks.taskstate`.
    """
    app_label, _, name = model.partition(".")
    address = reverse(f"admin:{app_label}_{name}_change", args=[pk])
    return format_html('<a href="{}">{}</a>', address, label)


def list_link(model: type[Model], label: str, **lookups: Any) -> SafeString:
    """A link to the admin's list of those rows of `model` that fit."""
    meta = model._meta
    address = reverse(
        f"admin:{meta.app_label}_{meta.model_name}_changelist",
        query={f"{name}__exact": value for name, value in lookups.items()},
    )
    return format_html('<a href="{}">{}</a>', address, label)
