"""`GET /tasks/{id}/audit`: who cancelled or retried a task, or replayed its webhooks."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tasks import audit
from tasks.acts import Act, Source
from tasks.api.pagination import NewestFirst
from tasks.api.views import visible_task
from tasks.models import AuditEntry


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One act: who did what, when and from where."""

    action = serializers.ChoiceField(choices=Act.choices)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # not Field.source
        choices=Source.choices
    )
    object_type = serializers.CharField(help_text="Such as `task` or `webhook delivery`.")
    details = serializers.DictField()

    class Meta:
        model = AuditEntry
        fields = ["at", "actor", "action", "object_type", "object_id", "source", "details"]


class AuditPagination(NewestFirst):
    """What was done last comes first."""

    ordering = ("-at", "-id")


class TaskAuditView(generics.ListAPIView[AuditEntry]):
    """`GET /tasks/{id}/audit`."""

    serializer_class = AuditEntrySerializer
    pagination_class = AuditPagination

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return audit.of(visible_task(self.request, self.kwargs["task_id"]))

    @extend_schema(operation_id="tasks_audit")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
