"""The admin's pages of agents, to look at and to delete. They are made by builds, and what an agent
says of itself is edited in the dashboard, which can tell what its provider answers."""

from __future__ import annotations

from contextlib import suppress
from functools import partial, reduce
from operator import or_
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from agents import removal
from agents.documents.models import Document
from agents.models import AgentRecord, AgentStatus, AgentVersion, Chunk, Page, PageStatus
from tasks import permissions
from tasks.acts import Act
from tasks.admin_base import (
    NOTHING,
    Figure,
    ModelAdmin,
    ReadOnly,
    SeenByStaff,
    badge,
    figure,
    list_address,
    list_link,
    row_link,
)
from tasks.admin_filters import ChoiceFilter, MineFilter
from tasks.models import AuditEntry

TEXT_SHOWN = 120
AGENT_TONES: dict[str, str] = {AgentStatus.READY: "success", AgentStatus.BUILDING: "running"}
PAGE_TONES: dict[str, str] = {
    PageStatus.EXTRACTED: "success",
    PageStatus.FAILED: "failed",
    PageStatus.EMPTY: "cancelled",
    PageStatus.FETCHED: "running",
}
NOT_READY = "it is not ready. Cancel its build, and its draft is removed in its time."


class ProviderFilter(ChoiceFilter):
    """By provider, of those that this installation knows."""

    title = parameter_name = "provider"

    def values(self) -> list[str]:
        return sorted(settings.AGENTFORGE_PROVIDERS)


@admin.register(AgentRecord)
class AgentAdmin(SeenByStaff, ReadOnly, ModelAdmin):
    """Agents. Deleting one or many is the verb that the API and the dashboard use."""

    list_display = (
        "__str__",
        "status_shown",
        "owner",
        "provider",
        "page_count",
        "chunk_count",
        "created_at",
    )
    list_filter = ("status", ProviderFilter, MineFilter, "created_at")
    list_select_related = ("owner",)
    dates = "created_at"
    sortable_by = ("created_at",)
    search_fields = ("id", "name", "description", "owner__username")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The links, then every other column."""
        columns = [field.name for field in AgentRecord._meta.fields if field.name != "build_task"]
        links = ["status_shown", "edited_in", "build", "all_pages", "all_chunks"]
        links += ["all_versions", "acts"]
        return [*links, *(name for name in columns if name != "status")]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def figures(self) -> list[Figure]:
        """The agents that are ready; a build that has not quite ended counts as one."""
        ready = AgentRecord.objects.filter(status=AgentStatus.READY)
        address = list_address(AgentRecord, status__exact=AgentStatus.READY)
        return [figure("agents ready", ready, address, "success")]

    @admin.display(description="status")
    def status_shown(self, agent: AgentRecord) -> SafeString:
        return badge(AGENT_TONES.get(agent.status, ""), agent.get_status_display())

    @admin.display(description="passages")
    def all_chunks(self, agent: AgentRecord) -> SafeString:
        return list_link(Chunk, f"All passages ({agent.chunk_count})", agent__id=agent.pk)

    @admin.display(description="what was done to it")
    def acts(self, agent: AgentRecord) -> SafeString:
        return list_link(AuditEntry, "In the audit trail", object_id=agent.pk)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Django asks this, without a row, for where to lead after a deletion: back to the list.
        return obj is None and self.has_delete_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None:
            return permissions.may(request.user, Act.DELETE, obj)
        return ModelAdmin.has_delete_permission(self, request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes with the agents, in figures: Django's own would list each page and chunk."""
        agents = list(objs)
        ready = set(AgentRecord.objects.ready().filter(pk__in=[agent.pk for agent in agents]))
        counts = {
            "agents": len(agents),
            "pages": sum(agent.page_count for agent in agents),
            "passages": sum(agent.chunk_count for agent in agents),
        }
        protected = [f"{agent}: {NOT_READY}" for agent in agents if agent not in ready]
        lines = [f"{agent}, here and at the provider {agent.provider}" for agent in agents]
        return lines, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: AgentRecord) -> None:
        self.delete_queryset(request, AgentRecord.objects.filter(pk=obj.pk))
        # The admin holds a transaction here, in which nobody may wait for a provider.
        transaction.on_commit(partial(removal.remove, obj.pk), robust=True)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AgentRecord]) -> None:
        # What is left of many agents goes with the next clean-up, for which nobody has to wait.
        for agent in queryset:
            with suppress(AgentRecord.DoesNotExist):  # Somebody else was quicker.
                removal.delete(agent.pk, by=request.user)

    @admin.display(description="edit")
    def edited_in(self, agent: AgentRecord) -> SafeString:
        if not AgentRecord.objects.ready().filter(pk=agent.pk).exists():
            return format_html("{}", "Once it is ready.")
        address = reverse("dashboard-agent-edit", args=[agent.pk])
        return format_html('<a href="{}">Edit it in the dashboard</a>', address)

    @admin.display(description="built by")
    def build(self, agent: AgentRecord) -> SafeString:
        return row_link(agent.build_task, str(agent.build_task)) if agent.build_task else NOTHING

    @admin.display(description="pages")
    def all_pages(self, agent: AgentRecord) -> SafeString:
        return list_link(Page, f"All pages ({agent.page_count} kept)", agent__id=agent.pk)

    @admin.display(description="versions")
    def all_versions(self, agent: AgentRecord) -> SafeString:
        return list_link(AgentVersion, f"All {agent.version} versions", agent__id=agent.pk)


class OfOneAgent(ModelAdmin):
    """Rows of agents, the newest first. A text is looked for within one agent, whose rows are few
    among all there are."""

    list_select_related: ClassVar[tuple[str, ...]] = ("agent",)
    ordering = ("-pk",)
    sortable_by = ()
    search_fields = ("agent__id",)
    search_help_text = "The id of an agent; on the list of one agent's, a part of their text."
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
        if "agent__id__exact" not in request.GET:
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
    list_filter = ("created_at",)
    list_select_related = ("agent", "task")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        linked = {"id", "agent", "task"}
        columns = [field.name for field in AgentVersion._meta.fields if field.name not in linked]
        return ["agent_link", "made_by", *columns]

    @admin.display(description="made by")
    def made_by(self, version: AgentVersion) -> SafeString:
        return row_link(version.task, str(version.task)) if version.task else NOTHING


@admin.register(Document)
class DocumentAdmin(SeenByStaff, ReadOnly, ModelAdmin):
    """Uploaded documents, to look at."""

    dates = "uploaded_at"
    sortable_by = ()

    list_display = ("name", "owner", "kind", "bytes", "uploaded_at")
    list_filter = ("kind", "uploaded_at")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "sha256", "owner__username")


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
    list_filter = ("status",)
    searched = ("url", "title", "reason")

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
