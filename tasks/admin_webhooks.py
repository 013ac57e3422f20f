"""The admin's pages of webhooks: each delivery with its attempts, and its replay."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tasks.acts import Act
from tasks.admin_base import FoundByTask, ReadOnly, row_link
from tasks.admin_inlines import ReadOnlyInline
from tasks.masking import mask
from tasks.models import WebhookAttempt, WebhookDelivery
from tasks.webhooks import outbox


class AttemptInline(ReadOnlyInline):
    """Each request of a delivery."""

    model = WebhookAttempt
    fields = readonly_fields = ("number", "at", "status", "error", "duration_ms")
    show_change_link = False


@admin.register(WebhookDelivery)
class DeliveryAdmin(ReadOnly, FoundByTask):
    """Deliveries, to look at and to replay."""

    list_display = (
        "task",
        "task_state",
        "run",
        "state",
        "attempt_count",
        "created_at",
        "next_attempt_at",
        "finished_at",
    )
    list_filter = ("state", "task_state", "created_at")
    list_select_related = ("task",)
    inlines = (AttemptInline,)
    actions = ("replay_selected",)
    fields = readonly_fields = (
        "task_link",
        "callback_url",
        *(f.name for f in WebhookDelivery._meta.fields if f.name != "task"),
    )

    @admin.display(description="task")
    def task_link(self, delivery: WebhookDelivery) -> SafeString:
        return row_link(delivery.task, str(delivery.task))

    @admin.display(description="callback URL")
    def callback_url(self, delivery: WebhookDelivery) -> str:
        return mask(delivery.task.callback_url)

    @admin.action(description="Replay selected deliveries", permissions=[Act.REPLAY])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        chosen = list(queryset)
        for delivery in chosen:
            outbox.replay(delivery, by=request.user)
        noun = "delivery" if len(chosen) == 1 else "deliveries"
        self.message_user(request, f"{len(chosen)} {noun} replayed.", messages.SUCCESS)
