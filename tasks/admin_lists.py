"""The lists of the admin, which say what is missing where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

if TYPE_CHECKING:
    BaseModelAdmin = admin.ModelAdmin[Any]
else:
    BaseModelAdmin = admin.ModelAdmin


class List(ChangeList):
    """Rows of a model. What a search has found is counted next to it, and actions are offered for
    the rows that are there; Django, where it does not count every row, always does both."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query:
            self.full_result_count = self.result_count
        self.show_admin_actions = bool(self.result_count)


class WithList(BaseModelAdmin):
    """An admin page with such a list."""

    when_empty = "There is nothing here yet."
    """What the list says before there is the first row."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return List
