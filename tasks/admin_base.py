"""What the admin pages of this project share: pages to look at, and the look of a task."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from tasks import display, permissions
from tasks.acts import Act
from tasks.admin_buttons import WithButtons
from tasks.admin_lists import WithList
from tasks.counting import CappedPaginator, up_to

FIGURE_LIMIT = 999
ERROR_SHOWN = 160
"""Characters."""
NOTHING = mark_safe("–")
"""What stands where there is nothing to show."""

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    TabularInline = admin.TabularInline


CHECKBOX = (
    '<input type="checkbox" name="{}" value="{}" class="action-select" '
    'aria-label="Select this object for an action - {}">'
)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many rows there are of a kind, for the first page of the admin.

    Args:
        count: with a plus where there are more than are counted.
        address: of their list.
        tone: how the figure is coloured, if it is not zero.
    """

    label: str
    count: str
    address: str
    tone: str


def figure(label: str, rows: QuerySet[Any], address: str, tone: str = "") -> Figure:
    """The figure of these rows, which their index counts up to a limit."""
    count = up_to(FIGURE_LIMIT, rows)
    shown = f"{FIGURE_LIMIT}+" if count > FIGURE_LIMIT else str(count)
    return Figure(label, shown, address, tone if count else "")


class ModelAdmin(WithButtons, WithList):
    """A page that costs the same however many rows there are."""

    paginator = CappedPaginator
    show_full_result_count = False
    # They would count every row once for each choice.
    show_facets = admin.ShowFacets.NEVER
    several = ""
    """What more than one row are called, where the list is not called so."""
    dates = ""
    """The field by whose years, months and days the list is narrowed down. It has an index."""

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
        return of_task(queryset, search_term, "task"), False

    @admin.display(description="task")
    def task_link(self, row: Any) -> SafeString:
        return row_link(row.task, row.task.subject or str(row.task))


def of_task(rows: QuerySet[Any], text: str, field: str) -> QuerySet[Any]:
    """Those of the rows whose `field` is the task with the id that somebody has typed."""
    if not text:
        return rows
    try:
        return rows.filter(**{field: UUID(text)})
    except ValueError:
        return rows.none()


class SeenByStaff:
    """Rows that every member of staff sees, in the dashboard as here."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


class WithState:
    """Rows whose column `state_shown` is their state, coloured."""

    @admin.display(description="state")
    def state_shown(self, row: Any) -> SafeString:
        return state_badge(row)


class WithError:
    """Rows whose column `error` is the beginning of their error: the page of each has it whole."""

    @admin.display(description="error")
    def error(self, row: Any) -> str:
        return Truncator(row.error_message).chars(ERROR_SHOWN) or NOTHING


class WithDuration:
    """Rows whose column `took` is the time from their start to their end."""

    @admin.display(description="took")
    def took(self, row: Any) -> str:
        return display.elapsed(row.started_at, row.finished_at) or NOTHING


class ReadOnly:
    """Rows that nobody adds, edits or deletes by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def in_short(at: datetime) -> str:
    """A moment, to the second."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"


def badge(tone: str, words: str) -> SafeString:
    """A state, coloured and in words."""
    return format_html('<span class="task-state" data-tone="{}">{}</span>', tone.lower(), words)


def state_badge(row: Any) -> SafeString:
    """The state of a task, a step, a batch or a delivery."""
    return badge(row.state, row.get_state_display())


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
        model: as in `tasks.taskstate`. One that has no page is not linked to.
    """
    app_label, _, name = model.partition(".")
    try:
        address = reverse(f"admin:{app_label}_{name}_change", args=[pk])
    except NoReverseMatch:
        return format_html("{}", label)
    return format_html('<a href="{}">{}</a>', address, label)


def list_link(model: type[Model], label: str, **lookups: Any) -> SafeString:
    """A link to the admin's list of those rows of `model` that fit."""
    exactly = {f"{name}__exact": value for name, value in lookups.items()}
    return format_html('<a href="{}">{}</a>', list_address(model, **exactly), label)


def list_address(model: type[Model], **query: Any) -> str:
    """The address of the admin's list of a model, with these parameters."""
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist", query=query)
