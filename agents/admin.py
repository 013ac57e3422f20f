"""The admin's pages of agents: what an agent says may be edited, what it was built from not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from agents.documents.models import Document
from agents.models import AgentRecord, Page
from tasks.admin_base import ModelAdmin, ReadOnly, list_link, row_link
from tasks.admin_filters import ChoiceFilter

EDITABLE = ("name", "description", "system_prompt", "starter_questions")


class ProviderFilter(ChoiceFilter):
    """By provider, of those that this installation knows."""

    title = parameter_name = "provider"

    def values(self) -> list[str]:
        return sorted(settings.AGENTFORGE_PROVIDERS)


@admin.register(AgentRecord)
class AgentAdmin(ModelAdmin):
    """Agents. They are made by builds."""

    list_display = (
        "__str__",
        "status",
        "owner",
        "provider",
        "page_count",
        "chunk_count",
        "created_at",
    )
    list_filter = ("status", ProviderFilter, "created_at")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "description", "owner__username")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What may be edited, the links, then every other column."""
        columns = [f.name for f in AgentRecord._meta.fields if f.name not in EDITABLE]
        columns.remove("build_task")
        return [*EDITABLE, "build", "all_pages", *columns]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [name for name in self.get_fields(request, obj) if name not in EDITABLE]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Its provider would keep what only this row knows of.
        return False

    @admin.display(description="built by", empty_value="–")
    def build(self, agent: AgentRecord) -> SafeString | None:
        return row_link(agent.build_task, str(agent.build_task)) if agent.build_task else None

    @admin.display(description="pages")
    def all_pages(self, agent: AgentRecord) -> SafeString:
        return list_link(Page, f"All pages ({agent.page_count} kept)", agent__id=agent.pk)


@admin.register(Document)
class DocumentAdmin(ReadOnly, ModelAdmin):
    """Uploaded documents, to look at."""

    list_display = ("name", "owner", "kind", "bytes", "uploaded_at")
    list_filter = ("kind", "uploaded_at")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "sha256", "owner__username")


@admin.register(Page)
class PageAdmin(ReadOnly, ModelAdmin):
    """Pages, to look at."""

    list_display = ("url", "agent", "status", "http_status", "reason", "bytes", "fetched_at")
    list_filter = ("status", "reason_code", "http_status")
    list_select_related = ("agent",)
    raw_id_fields = ("duplicate_of", "document")
    search_fields = ("url", "title", "reason", "agent__name")
