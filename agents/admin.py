"""The admin's pages of agents, to look at and to delete. They are made by builds, and what an agent
says of itself is edited in the dashboard, which can tell what its provider answers."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from agents import admin_knowledge, removal  # noqa: F401  (the first registers its pages)
from agents.admin_search import FoundAmongNewest, newest_help
from agents.documents.models import Document
from agents.models import AgentRecord, AgentStatus, AgentVersion, Chunk, Page, among_newest
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

AGENT_TONES: dict[str, str] = {AgentStatus.READY: "success", AgentStatus.BUILDING: "running"}
NOT_READY = "it is not ready. Cancel its build, and its draft is removed in its time."


class ProviderFilter(ChoiceFilter):
    """By provider, of those that this installation knows."""

    title = parameter_name = "provider"

    def values(self) -> list[str]:
        return sorted(settings.AGENTFORGE_PROVIDERS)


@admin.register(AgentRecord)
class AgentAdmin(SeenByStaff, ReadOnly, FoundAmongNewest):
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
    when_empty = "No agent yet. A build makes one: start it in the dashboard."
    sortable_by = ("created_at",)
    search_help_text = newest_help("name or description")

    def found(self, rows: Any, text: str) -> QuerySet[AgentRecord]:
        agents: QuerySet[AgentRecord] = rows.about(text)
        return agents

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


@admin.register(Document)
class DocumentAdmin(SeenByStaff, ReadOnly, FoundAmongNewest):
    """Uploaded documents, to look at."""

    dates = "uploaded_at"
    when_empty = "No document yet. They come with the form for a new agent, or POST /documents."
    sortable_by = ()

    list_display = ("name", "owner", "kind", "bytes", "uploaded_at")
    list_filter = ("kind", "uploaded_at")
    list_select_related = ("owner",)
    search_help_text = newest_help("name")

    def found(self, rows: Any, text: str) -> QuerySet[Document]:
        documents: QuerySet[Document] = among_newest(rows, "uploaded_at")
        return documents.filter(name__icontains=text)
