"""The admin's page of the audit trail, to look at."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tasks.admin_base import NOTHING, ModelAdmin, ReadOnly, object_link
from tasks.models import AuditEntry

FOUND = 1000
"""Entries of one object that a search finds, at the most."""


def _newest(entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry, int]:
    return entries.values_list("pk", flat=True)[:FOUND]


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly, ModelAdmin):
    """Who did what, newest first. Nobody adds, changes or deletes an entry."""

    list_display = (
        "at",
        "actor",
        "action",
        "object_type",
        "object_link",
        "source",
        "details_shown",
    )
    list_filter = ("action", "source", "at")
    dates = "at"
    several = "entries"
    when_empty = "Nobody has cancelled, retried, changed or deleted anything yet."
    search_fields = ("actor",)
    search_help_text = "The whole name of who did it, or the id of a task or another object."
    sortable_by = ()
    fields = readonly_fields = (
        "at",
        "actor",
        "actor_id",
        "action",
        "object_type",
        "object_link",
        "object_id",
        "details_shown",
        "source",
        "request_id",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """By what an index finds: a person, or an object of any kind."""
        if not search_term:
            return queryset, False
        try:
            pk = UUID(search_term)
        except ValueError:
            return queryset.filter(actor=search_term), False
        # The index of objects begins with their kind.
        kinds = [model._meta.label_lower for model in self.admin_site._registry]
        of_object = AuditEntry.objects.filter(object_model__in=kinds, object_id=str(pk))
        of_task = AuditEntry.objects.filter(task_id=pk)
        # Each by its own index: for one or the other, the database may read the whole trail.
        found = {row for rows in (of_task, of_object) for row in _newest(rows)}
        return queryset.filter(pk__in=found), False

    @admin.display(description="type")
    def object_type(self, entry: AuditEntry) -> str:
        return entry.object_type

    @admin.display(description="object")
    def object_link(self, entry: AuditEntry) -> SafeString:
        return object_link(entry.object_model, entry.object_id, entry.object_label)

    @admin.display(description="details")
    def details_shown(self, entry: AuditEntry) -> str:
        said = (f"{name}: {value}" for name, value in entry.details.items())
        return "; ".join(said) or NOTHING
