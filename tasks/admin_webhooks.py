"""The admin's pages of webhooks: each delivery with its attempts, and its replay."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tasks.acts import Act
from tasks.admin_base import (
    FoundByTask,
    ReadOnly,
    SeenByStaff,
    WithState,
    badge,
)
from tasks.admin_filters import EndFilter
from tasks.admin_inlines import ReadOnlyInline
from tasks.admin_verbs import REPLAY
from tasks.masking import mask
from tasks.models import WebhookAttempt, WebhookDelivery
from tasks.webhooks import outbox


class AttemptInline(ReadOnlyInline):
    """Each request of a delivery."""

    model = WebhookAttempt
    fields = readonly_fields = ("number", "at", "status", "error", "duration_ms")
    show_change_link = False


@admin.register(WebhookDelivery)
class DeliveryAdmin(SeenByStaff, ReadOnly, WithState, FoundByTask):
    """Deliveries, to look at and to replay."""

    list_display = (
        "id_shown",
        "task_link",
        "end_shown",
        "run",
        "state_shown",
        "attempt_count",
        "created_at",
        "next_attempt_at",
        "finished_at",
    )
    list_filter = ("state", EndFilter, "created_at")
    list_select_related = ("task",)
    inlines = (AttemptInline,)
    actions = ("replay_selected",)
    buttons = (REPLAY,)
    dates = "created_at"
    when_empty = (
        "Nothing to deliver yet. A task that is submitted with a callback_url tells it of its end."
    )
    fields = readonly_fields = (
        "task_link",
        "end_shown",
        "state_shown",
        "callback_url",
        *(
            field.name
            for field in WebhookDelivery._meta.fields
            if field.name not in {"task", "state", "task_state"}
        ),
    )

    @admin.display(description="delivery")
    def id_shown(self, delivery: WebhookDelivery) -> str:
        return f"{str(delivery.pk)[:8]}…"

    @admin.display(description="end")
    def end_shown(self, delivery: WebhookDelivery) -> SafeString:
        return badge(delivery.task_state, delivery.get_task_state_display())

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
