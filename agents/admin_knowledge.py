"""The admin's pages of what agents know: their versions, pages and passages."""

from __future__ import annotations

from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from agents.models import AgentVersion, Chunk, Page, PageStatus
from tasks.admin_base import (
    NOTHING,
    ModelAdmin,
    ReadOnly,
    SeenByStaff,
    badge,
    list_link,
    row_link,
)

TEXT_SHOWN = 120
OF_AGENT = "agent__id__exact"
"""The parameter that narrows a list down to one agent."""
PAGE_TONES: dict[str, str] = {
    PageStatus.EXTRACTED: "success",
    PageStatus.FAILED: "failed",
    PageStatus.EMPTY: "cancelled",
    PageStatus.FETCHED: "running",
}


class OfOneAgent(ModelAdmin):
    """Rows of agents, the newest first. A text is looked for within one agent, whose rows are few
    among all there are."""

    list_select_related: ClassVar[tuple[str, ...]] = ("agent",)
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("agent__id",)
    search_help_text = "The id of an agent; on the list of one agent's, a part of their text."
    when_empty = "Nothing yet. The first build of an agent fills this list."
    searched: tuple[str, ...] = ()
    """The columns of that text."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return list(self.get_fields(request, obj))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        with suppress(ValueError):
            return queryset.filter(agent=UUID(search_term)), False
        if OF_AGENT not in request.GET:
            return queryset.none(), False
        parts = (Q(**{f"{column}__icontains": search_term}) for column in self.searched)
        return queryset.filter(reduce(or_, parts, Q(pk__in=[]))), False

    @admin.display(description="agent")
    def agent_link(self, row: Any) -> SafeString:
        return row_link(row.agent, str(row.agent))


@admin.register(AgentVersion)
class AgentVersionAdmin(SeenByStaff, ReadOnly, OfOneAgent):
    """Versions of agents' knowledge, to look at."""

    list_display = (
        "number",
        "agent_link",
        "created_at",
        "pages_new",
        "pages_changed",
        "pages_unchanged",
        "pages_gone",
        "pages_read",
        "made_by",
    )
    list_select_related = ("agent", "task")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        linked = {"id", "agent", "task"}
        columns = [field.name for field in AgentVersion._meta.fields if field.name not in linked]
        return ["agent_link", "made_by", *columns]

    @admin.display(description="made by")
    def made_by(self, version: AgentVersion) -> SafeString:
        return row_link(version.task, version.task.workflow) if version.task else NOTHING


@admin.register(Page)
class PageAdmin(SeenByStaff, ReadOnly, OfOneAgent):
    """Pages, to look at."""

    list_display = (
        "url",
        "agent_link",
        "status_shown",
        "http_status",
        "reason",
        "bytes",
        "fetched_at",
    )
    searched = ("url", "title", "reason")

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Of one agent, pages are indexed by their status; of all, each would be looked at."""
        return ["status"] if OF_AGENT in request.GET else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The links, then every other column."""
        linked = {"id", "agent", "status", "duplicate_of", "document"}
        columns = [field.name for field in Page._meta.fields if field.name not in linked]
        links = ["agent_link", "status_shown", "same_as", "read_from", "all_chunks"]
        return [*links, *columns]

    @admin.display(description="status")
    def status_shown(self, page: Page) -> SafeString:
        return badge(PAGE_TONES.get(page.status, ""), page.get_status_display())

    @admin.display(description="duplicate of")
    def same_as(self, page: Page) -> SafeString:
        return row_link(page.duplicate_of, str(page.duplicate_of)) if page.duplicate_of else NOTHING

    @admin.display(description="document")
    def read_from(self, page: Page) -> SafeString:
        return row_link(page.document, str(page.document)) if page.document else NOTHING

    @admin.display(description="passages")
    def all_chunks(self, page: Page) -> SafeString:
        return list_link(Chunk, "All passages of the page", page__id=page.pk)


@admin.register(Chunk)
class ChunkAdmin(SeenByStaff, ReadOnly, OfOneAgent):
    """Passages, to look at."""

    list_display = ("__str__", "agent_link", "page_link", "headings", "beginning", "token_count")
    list_select_related = ("agent", "page")
    searched = ("text",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["agent_link", "page_link", "position", "headings", "text", "token_count"]

    @admin.display(description="page")
    def page_link(self, chunk: Chunk) -> SafeString:
        return row_link(chunk.page, chunk.page.url)

    @admin.display(description="headings")
    def headings(self, chunk: Chunk) -> str:
        return " › ".join(chunk.heading_path) or NOTHING

    @admin.display(description="text")
    def beginning(self, chunk: Chunk) -> str:
        return Truncator(chunk.text).chars(TEXT_SHOWN)
