"""The admin's page of the audit trail, to look at."""

from __future__ import annotations

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tasks.admin_base import ModelAdmin, ReadOnly, object_link
from tasks.models import AuditEntry


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
    search_fields = ("=actor", "=object_id", "=request_id")
    search_help_text = "A whole username, the id of an object, or the id of a request."
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

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.display(description="type")
    def object_type(self, entry: AuditEntry) -> str:
        return entry.object_type

    @admin.display(description="object")
    def object_link(self, entry: AuditEntry) -> SafeString:
        return object_link(entry.object_model, entry.object_id, entry.object_label)

    @admin.display(description="details", empty_value="–")
    def details_shown(self, entry: AuditEntry) -> SafeString | None:
        if not entry.details:
            return None
        return format_html("{}", json.dumps(entry.details, ensure_ascii=False))
